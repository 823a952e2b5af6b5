//! How long the disk lets a sync wait while something else is measured.
//!
//! Each confirm waits for a sync of RabbitMQ's. A disk that others use too stops now and then, and then everybody
//! waits: a small write of our own, synced twenty times a second, tells such a stop from one of the programs.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::Path,
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use anyhow::Context;

/// Far less than RabbitMQ syncs.
const PACE: Duration = Duration::from_millis(50);
/// The least that a disk writes.
const BLOCK: [u8; 4_096] = [1; 4_096];

/// Syncs until it is asked for the longest; or dropped.
pub(super) struct Probe {
    stop: Sender<()>,
    syncing: JoinHandle<io::Result<Duration>>,
}

impl Probe {
    /// Begins on the disk of this folder.
    pub(super) fn start(folder: &Path) -> anyhow::Result<Self> {
        let file = tempfile::tempfile_in(folder).context("no file for the probe of the disk")?;
        let (stop, stopped) = channel();
        let syncing = std::thread::spawn(move || {
            let mut longest = sync(&file)?;
            while stopped.recv_timeout(PACE) == Err(RecvTimeoutError::Timeout) {
                longest = longest.max(sync(&file)?);
            }
            Ok(longest)
        });
        Ok(Self { stop, syncing })
    }

    /// Ends, and tells how long the longest sync took.
    pub(super) fn longest(self) -> anyhow::Result<Duration> {
        drop(self.stop);
        let longest = self.syncing.join();
        let longest = longest.map_err(|_| anyhow::anyhow!("the probe of the disk panicked"))?;
        longest.context("the disk cannot be probed")
    }
}

fn sync(file: &File) -> io::Result<Duration> {
    let begun = Instant::now();
    file.write_all_at(&BLOCK, 0)?;
    file.sync_data()?;
    Ok(begun.elapsed())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_probe_has_synced_at_least_once_and_ends_when_it_is_asked() {
        let folder = tempfile::tempdir().unwrap();
        let begun = Instant::now();
        let probe = Probe::start(folder.path()).unwrap();
        let longest = probe.longest().unwrap();
        assert!(longest > Duration::ZERO && longest <= begun.elapsed());
        assert!(Probe::start(&folder.path().join("missing")).is_err());
    }
}
