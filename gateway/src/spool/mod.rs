//! Payloads on the gateway's own disk, for as long as the broker cannot have them.
//!
//! `append` is `Ok` only after the sync that holds the payload, a record leaves only after `remove`, and
//! order of arrival is kept. A crash between the broker's confirm and `remove` publishes twice, which the
//! receipt makes harmless. It refuses a payload over the byte limit, a second gateway, and a disk that fails.
//!
//! The store is redb: one file, copy on write with checksums, so an unfinished write costs nothing but
//! itself; one sync a commit; a dependency on libc alone, built in 8 s of CPU. fjall, an LSM tree with a
//! journal, brings 60 crates and threads of its own, and gains from data larger than a spool should be.

mod config;
mod disk;
mod drain;
mod error;
mod gauge;
mod group;
mod open;
mod record;
mod suspects;
#[cfg(test)]
mod tests;
mod window;
mod writer;

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering::Relaxed, mpsc::Sender},
    time::Duration,
};

use bytesize::ByteSize;
use calseta_shared::envelope::Envelope;
use tokio::sync::{oneshot, watch};

pub use config::SpoolConfig;
pub use drain::{Drain, Outlet};
pub use error::SpoolError;
pub use gauge::Condition;

use disk::Wanted;
use gauge::Gauge;
use group::{Append, Command};
use record::Record;

/// Bytes that one batch reads into memory; a single larger payload comes alone.
const BATCH_BYTES: u64 = 16 * 1024 * 1024;

/// A payload that waits for the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// Its place in the order of arrival; never given to another payload while the program runs.
    pub key: u64,
    /// The payload.
    pub envelope: Envelope,
}

/// A handle that all threads share.
#[derive(Clone, Debug)]
pub struct Spool {
    commands: Sender<Command>,
    gauge: Arc<Gauge>,
    limit: ByteSize,
}

impl Spool {
    /// Opens the spool in `config.dir`, made when missing, and starts its thread. Blocks while the file is
    /// checked, which takes as long as reading it.
    ///
    /// # Errors
    /// When another gateway has the directory, or it or the file cannot be used. A damaged file stays as it is.
    pub fn open(config: &SpoolConfig) -> Result<Self, SpoolError> {
        open::open(config)
    }

    /// Keeps a payload. Dropping the future does not take it back.
    ///
    /// # Errors
    /// `Full` at the byte limit, `Disk` when the sync failed or the disk still fails, `Closed` after
    /// [`Self::close`]: whenever the payload is not certainly on the disk.
    pub async fn append(&self, envelope: &Envelope) -> Result<(), SpoolError> {
        if let Some(fault) = self.gauge.fault() {
            return Err(SpoolError::Disk(fault));
        }
        let record = Record::encode(envelope);
        let room = self.gauge.reserve(record.len() as u64, self.limit.as_u64());
        let reservation = room.ok_or(SpoolError::Full { limit: self.limit })?;
        self.ask(|reply| {
            Command::Append(Append {
                record,
                reservation,
                reply,
            })
        })
        .await?
    }

    /// The oldest `limit` payloads that are not in `skip`, in order of arrival. They stay on the disk.
    ///
    /// A record that this program cannot read is left out, named in the log once, and kept.
    ///
    /// # Errors
    /// `Disk` when the file cannot be read, `Closed` after [`Self::close`].
    pub async fn batch(
        &self,
        limit: usize,
        skip: &BTreeSet<u64>,
    ) -> Result<Vec<Spooled>, SpoolError> {
        let wanted = Wanted {
            skip: skip.clone(),
            limit,
            max_bytes: BATCH_BYTES,
        };
        self.ask(|reply| Command::Read(wanted, reply)).await?
    }

    /// Removes payloads that the broker has confirmed; a key that is not there is no error.
    ///
    /// # Errors
    /// `Disk` when the sync failed: the payloads may come again, also after a restart.
    pub async fn remove(&self, keys: Vec<u64>) -> Result<(), SpoolError> {
        self.ask(|reply| Command::Remove(keys, reply)).await?
    }

    /// Finishes what was asked for, then closes the file and frees its lock.
    pub async fn close(&self) {
        // Closed already is as good.
        self.ask(Command::Close).await.ok();
    }

    /// Payloads on the disk.
    pub fn depth(&self) -> u64 {
        self.gauge.depth()
    }

    /// Bytes of payloads on the disk, with their facts; the files are larger.
    pub fn bytes(&self) -> u64 {
        self.gauge.bytes()
    }

    /// How long the first payload in the order of arrival has waited, at `now_ms` since the epoch.
    pub fn oldest_age(&self, now_ms: i64) -> Option<Duration> {
        self.gauge.oldest_age(now_ms)
    }

    /// Records that this program cannot read, of those it has met since its start.
    pub fn unreadable(&self) -> u64 {
        self.gauge.unreadable.load(Relaxed)
    }

    /// Changes that were synced since the start; many payloads share one.
    pub fn syncs(&self) -> u64 {
        self.gauge.syncs.load(Relaxed)
    }

    /// Whether it takes payloads; the receiver also waits for a change.
    pub fn condition(&self) -> watch::Receiver<Condition> {
        self.gauge.condition()
    }

    /// Returns once a payload was added since the last call; for one waiting drain.
    pub(crate) async fn arrived(&self) {
        self.gauge.arrived.notified().await;
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SpoolError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply));
        sent.map_err(|_| SpoolError::Closed)?;
        answer.await.map_err(|_| SpoolError::Closed)
    }
}
