//! A bucket with conditional writes, like S3.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use handlers::error::Result;
use handlers::ports::{Clock, Object, Objects};

use super::clock::TestClock;
use super::faults::Faults;

#[derive(Debug, Clone)]
struct Kept {
    object: Object,
    written_at: DateTime<Utc>,
}

/// A bucket in memory.
#[derive(Debug)]
pub struct MemoryObjects {
    faults: Arc<Faults>,
    clock: Arc<TestClock>,
    kept: Mutex<BTreeMap<String, Kept>>,
}

impl MemoryObjects {
    /// Returns an empty bucket.
    pub fn new(faults: Arc<Faults>, clock: Arc<TestClock>) -> Self {
        MemoryObjects {
            faults,
            clock,
            kept: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the names of all objects.
    pub fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Writes all objects as files below this folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn download(&self, folder: &Path) -> std::io::Result<()> {
        for (name, kept) in self.lock().iter() {
            let file = folder.join(name);
            std::fs::create_dir_all(file.parent().unwrap_or(folder))?;
            std::fs::write(file, &kept.object.bytes)?;
        }
        Ok(())
    }

    fn put(&self, kept: &mut BTreeMap<String, Kept>, name: &str, bytes: Vec<u8>) {
        let written_at = self.clock.now();
        let tag = format!("\"{}\"", written_at.timestamp_micros());
        let object = Object { bytes, tag };
        kept.insert(name.to_owned(), Kept { object, written_at });
    }
}

#[async_trait]
impl Objects for MemoryObjects {
    async fn get(&self, name: &str) -> Result<Option<Object>> {
        let read = || Ok(self.lock().get(name).map(|kept| kept.object.clone()));
        self.faults.call("objects.get", read).await
    }

    async fn create(&self, name: &str, file: &Path) -> Result<()> {
        let bytes = std::fs::read(file).expect("the file of an object exists");
        let write = || {
            let mut kept = self.lock();
            if !kept.contains_key(name) {
                self.put(&mut kept, name, bytes);
            }
            Ok(())
        };
        self.faults.call("objects.create", write).await
    }

    async fn replace(&self, name: &str, bytes: Vec<u8>, tag: Option<&str>) -> Result<bool> {
        let write = || {
            let mut kept = self.lock();
            let there = kept.get(name).map(|kept| kept.object.tag.as_str());
            if there != tag {
                return Ok(false);
            }
            self.put(&mut kept, name, bytes);
            Ok(true)
        };
        self.faults.call("objects.replace", write).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, DateTime<Utc>)>> {
        let read = || {
            let kept = self.lock();
            let found = kept.iter().filter(|(name, _)| name.starts_with(prefix));
            Ok(found
                .map(|(name, kept)| (name.clone(), kept.written_at))
                .collect())
        };
        self.faults.call("objects.list", read).await
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let remove = || {
            self.lock().remove(name);
            Ok(())
        };
        self.faults.call("objects.remove", remove).await
    }
}
