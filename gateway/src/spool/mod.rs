//! Payloads on disk while the broker is away: what `append` has returned `Ok` for is synced.
//!
//! Bounded in bytes, in order of arrival, for one gateway alone. It survives SIGKILL and a torn write;
//! a payload leaves it only when the broker has confirmed it, or stays set aside when it cannot be read.

mod config;
mod disk;
mod drain;
mod error;
mod gauge;
mod outlet;
mod record;
mod reserve;
mod store;
#[cfg(test)]
mod tests;
mod watch;
mod writer;

use std::{
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    thread,
    time::Duration,
};

use calseta_shared::envelope::Envelope;
use tokio::{sync::oneshot, time::timeout};

use crate::metrics::SpoolMetrics;
use gauge::Gauge;
use store::Key;
use writer::{Command, Done, Read, Writer};

pub use config::SpoolConfig;
pub use drain::Drain;
pub use error::SpoolError;
pub use outlet::{Failure, Outlet};

/// Payloads read at a time, in bytes.
const READ_BYTES: usize = 8 * 1_024 * 1_024;

/// A handle that all threads share.
#[derive(Clone, Debug)]
pub struct Spool {
    gauge: Arc<Gauge>,
    commands: Sender<Command>,
    append_timeout: Duration,
}

impl Spool {
    /// Opens the spool, or makes it, and starts its thread. Reads all of what is there.
    ///
    /// # Errors
    /// When the directory cannot be used, is in use, or holds something damaged.
    pub fn open(config: &SpoolConfig, metrics: SpoolMetrics) -> Result<Self, SpoolError> {
        let unusable = |source| SpoolError::Directory {
            dir: config.dir.clone(),
            source: Arc::new(source),
        };
        store::make_directory(&config.dir).map_err(unusable)?;
        let gauge = Arc::new(Gauge::new(config, metrics));
        let writer = Writer::open(config, gauge.clone())?;
        let (commands, received) = channel();
        thread::Builder::new()
            .name("spool".into())
            .spawn(move || writer.run(&received))
            .map_err(unusable)?;
        Ok(Self {
            gauge,
            commands,
            append_timeout: config.append_timeout,
        })
    }

    /// Keeps a payload; `Ok` means that it is synced to disk.
    ///
    /// # Errors
    /// When it is not certainly on disk.
    pub async fn append(&self, envelope: &Envelope) -> Result<(), SpoolError> {
        let encoded = record::encode(envelope);
        let record = encoded.map_err(|error| {
            let error = std::io::Error::other(error);
            SpoolError::NoRoom(Arc::new(error))
        })?;
        let admission = self.gauge.admit(record.len())?;
        let ask = |done| Command::Append(record, admission, done);
        let appended = timeout(self.append_timeout, self.ask(ask)).await;
        let appended = appended.unwrap_or(Err(SpoolError::Slow(self.append_timeout)));
        if let Err(error @ (SpoolError::Slow(_) | SpoolError::Closed)) = &appended {
            self.gauge.set_trouble(Some(error.clone()));
        }
        appended
    }

    /// Payloads it holds.
    pub fn depth(&self) -> u64 {
        self.gauge.depth()
    }

    /// Closes the file, after everything that was asked for before.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.commands.send(Command::Close(done)).is_ok() {
            // An error means that the thread ended before, and with it the file was closed.
            closed.await.ok();
        }
    }

    async fn read(&self, after: Key, limit: usize) -> Result<Vec<(Key, Vec<u8>)>, SpoolError> {
        let bytes = READ_BYTES;
        self.ask(|done| {
            Command::Read(Read {
                after,
                limit,
                bytes,
                done,
            })
        })
        .await
    }

    async fn remove(&self, keys: Vec<Key>) -> Result<(), SpoolError> {
        let count = keys.len() as u64;
        self.ask(|done| Command::Remove(keys, done)).await?;
        self.gauge.metrics.drained.inc_by(count);
        Ok(())
    }

    async fn set_aside(&self, keys: Vec<Key>) -> Result<(), SpoolError> {
        self.ask(|done| Command::SetAside(keys, done)).await
    }

    /// Waits until it holds something.
    async fn filled(&self) {
        while self.depth() == 0 {
            self.gauge.filled.notified().await;
        }
    }

    async fn ask<T>(&self, command: impl FnOnce(Done<T>) -> Command) -> Result<T, SpoolError> {
        let (done, answer) = oneshot::channel();
        let sent = self.commands.send(command(done));
        sent.map_err(|_| SpoolError::Closed)?;
        answer.await.unwrap_or(Err(SpoolError::Closed))
    }
}
