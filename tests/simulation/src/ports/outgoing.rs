//! The bus as its adapter of AWS makes it: in calls of ten entries, of which
//! some are taken and some are not.

use std::sync::Arc;

use async_trait::async_trait;
use handlers::ports::{Bus, BusEntry};
use handlers::{Error, Result};

use super::Port;
use crate::bugs;
use crate::faults::{Fault, Hop};

/// Most entries in one call, and how often those left out are sent again.
const AT_ONCE: usize = 10;
const MAX_ROUNDS: u32 = 4;

#[async_trait]
impl Bus for Port {
    async fn publish(&self, entries: &[BusEntry]) -> Vec<Result<()>> {
        let untried = || Err(Error::Retryable("not tried yet".into()));
        let mut results: Vec<Result<()>> = entries.iter().map(|_| untried()).collect();
        let entries: Vec<Arc<BusEntry>> = entries.iter().cloned().map(Arc::new).collect();
        for _ in 0..MAX_ROUNDS {
            let left: Vec<usize> = (0..entries.len())
                .filter(|index| results[*index].is_err())
                .collect();
            if left.is_empty() {
                break;
            }
            for chunk in left.chunks(AT_ONCE) {
                let sent = chunk.iter().map(|index| Arc::clone(&entries[*index]));
                let sent: Vec<Arc<BusEntry>> = sent.collect();
                for (index, result) in chunk.iter().zip(self.put_events(sent).await) {
                    results[*index] = result;
                }
            }
        }
        results
    }
}

impl Port {
    async fn put_events(&self, entries: Vec<Arc<BusEntry>>) -> Vec<Result<()>> {
        let (count, role) = (entries.len(), self.role);
        let answer = self
            .call(Hop::ProjectToBus, move |core| {
                let partial =
                    core.chances
                        .happens(&mut core.rng, Hop::ProjectToBus, Fault::Partial);
                if partial {
                    core.coverage.note(Hop::ProjectToBus, Fault::Partial);
                }
                let mut taken = Vec::with_capacity(entries.len());
                for entry in &entries {
                    let takes = !partial || core.rng.bool();
                    if takes {
                        core.take_entry(entry, role);
                    }
                    taken.push(takes);
                }
                taken
            })
            .await;
        match answer {
            Err(error) => vec![Err(error); count],
            // The status of the whole is 200 all the same.
            Ok(taken) if bugs::is("partial-failure-ignored") => {
                taken.into_iter().map(|_| Ok(())).collect()
            }
            Ok(taken) => taken
                .into_iter()
                .map(|taken| match taken {
                    true => Ok(()),
                    false => Err(Error::Retryable("the entry was not taken".into())),
                })
                .collect(),
        }
    }
}
