//! SHA-256 of files, computed while they are written or read.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use domain::Hash;
use sha2::{Digest, Sha256};

const BUFFER_BYTES: usize = 256 * 1024;

/// A writer that counts and hashes the bytes that it passes on.
pub(crate) struct Hashing<W> {
    inner: W,
    digest: Sha256,
    bytes: u64,
}

impl<W: Write> Hashing<W> {
    pub(crate) fn new(inner: W) -> Self {
        Hashing {
            inner,
            digest: Sha256::new(),
            bytes: 0,
        }
    }

    pub(crate) fn finish(self) -> (W, u64, Hash) {
        let hash = Hash::from_bytes(self.digest.finalize().into());
        (self.inner, self.bytes, hash)
    }
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.digest.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Returns the size and the SHA-256 of a file.
pub(crate) fn of_file(path: &Path) -> io::Result<(u64, Hash)> {
    let mut file = File::open(path)?;
    let mut hashing = Hashing::new(io::sink());
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            let (_, bytes, hash) = hashing.finish();
            return Ok((bytes, hash));
        }
        hashing.write_all(&buffer[..read])?;
    }
}
