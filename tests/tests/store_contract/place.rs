//! Where a contract is tried: each test has tables of its own.

use aws::{Dynamo, Tables};
use embedded::Engine;
use tempfile::TempDir;

/// Tables of one test.
pub enum Place {
    /// In a folder that goes with the place.
    Embedded { engine: Engine, _folder: TempDir },
    #[cfg(feature = "python")]
    Other(Box<super::other::Other>),
}

impl Place {
    pub fn dynamo(&self) -> Dynamo {
        match self {
            Place::Embedded { engine, .. } => engine.client(),
            #[cfg(feature = "python")]
            Place::Other(other) => other.dynamo(),
        }
    }

    /// Takes the tables away.
    pub async fn end(self) {
        match self {
            Place::Embedded { engine, .. } => engine.stop().await,
            #[cfg(feature = "python")]
            Place::Other(other) => other.end().await,
        }
    }
}

/// The engine of one machine, which has all tables.
pub async fn embedded(_: &[&str]) -> Place {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dynamodb.sqlite");
    Place::Embedded {
        engine: Engine::start(&file).await.unwrap(),
        _folder: folder,
    }
}

/// Another engine with these tables: moto, or what `LEDGERBELL_CONTRACT_AT` names. That is the URL of an emulator, or
/// `aws`: the account and region of the environment, in which each table is called `contract-…`.
#[cfg(feature = "python")]
pub async fn other(tables: &[&str]) -> Place {
    Place::Other(Box::new(super::other::Other::with(tables).await))
}

/// Returns our tables, each by another name.
#[cfg(feature = "python")]
pub fn named(name: impl Fn(&str) -> String) -> Tables {
    let ours = embedded::tables();
    Tables {
        events: name(&ours.events),
        requests: name(&ours.requests),
        balances: name(&ours.balances),
        customers: name(&ours.customers),
        notifications: name(&ours.notifications),
        replays: name(&ours.replays),
        schedules: name(&ours.schedules),
        suppressions: name(&ours.suppressions),
    }
}
