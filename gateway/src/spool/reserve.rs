//! Disk space kept for emptying the spool: taking a payload out writes too, also on a full disk.
//!
//! It is given up when the disk fails, and made again only when there is room for it twice, so that a
//! disk that is just full is not taken for a well one.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

const FILE: &str = "reserve";
const PIECE: usize = 256 * 1_024;

/// A file of bytes that mean nothing.
#[derive(Debug)]
pub(super) struct Reserve {
    path: PathBuf,
    bytes: u64,
}

impl Reserve {
    pub(super) fn new(dir: &Path, bytes: u64) -> Self {
        let path = dir.join(FILE);
        Self { path, bytes }
    }

    /// Makes it, unless it is there.
    pub(super) fn make(&self) -> io::Result<()> {
        if fs::metadata(&self.path).is_ok_and(|found| found.len() == self.bytes) {
            return Ok(());
        }
        let made = self.write();
        if made.is_err() {
            self.release();
        }
        made
    }

    fn write(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        // Not zeros: a file system may keep those without any room.
        let piece = vec![0xa5; PIECE];
        let mut left = self.bytes.saturating_mul(2);
        while left > 0 {
            let part = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
            file.write_all(&piece[..part])?;
            left -= part as u64;
        }
        file.sync_all()?;
        file.set_len(self.bytes)?;
        file.sync_all()
    }

    /// Gives its room away.
    pub(super) fn release(&self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "the reserve of the spool cannot be given up");
        }
    }
}
