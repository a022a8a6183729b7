//! Suppressions that are not found, or not kept.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::email::AddressHash;
use handlers::Result;
use handlers::ports::{Suppression, Suppressions};

use super::is;
use crate::ports::Port;

#[derive(Debug)]
pub(super) struct FaultySuppressions(pub(super) Arc<Port>);

#[async_trait]
impl Suppressions for FaultySuppressions {
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>> {
        let found = self.0.get(address).await?;
        Ok(found.filter(|_| !is("suppression-not-read")))
    }

    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()> {
        match is("suppression-not-written") {
            true => Ok(()),
            false => self.0.add(address, suppression).await,
        }
    }

    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()> {
        self.0.lift(address, at).await
    }
}
