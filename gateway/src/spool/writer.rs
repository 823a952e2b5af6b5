//! The one thread that touches the disk: whatever waits is written by one transaction and one fsync.
//!
//! Nobody waits for others to come: what arrives while one transaction is written shares the next.

use std::sync::{
    Arc,
    mpsc::{Receiver, RecvTimeoutError},
};

use tokio::sync::oneshot;

use super::{
    SpoolConfig, SpoolError,
    disk::{Disk, RETRY},
    gauge::{Admission, Gauge},
    store::{Changes, Key},
};

pub(super) type Done<T> = oneshot::Sender<Result<T, SpoolError>>;

/// What the thread can be asked for.
pub(super) enum Command {
    Append(Vec<u8>, Admission, Done<()>),
    Remove(Vec<Key>, Done<()>),
    SetAside(Vec<Key>, Done<()>),
    Read(Read),
    /// Closes the file and ends the thread.
    Close(oneshot::Sender<()>),
}

/// Payloads after a place.
pub(super) struct Read {
    pub(super) after: Key,
    pub(super) limit: usize,
    pub(super) bytes: usize,
    pub(super) done: Done<Vec<(Key, Vec<u8>)>>,
}

/// What one transaction answers.
#[derive(Default)]
struct Batch {
    changes: Changes,
    appends: Vec<(Admission, Done<()>)>,
    takes: Vec<Done<()>>,
}

pub(super) struct Writer {
    disk: Disk,
    max_payloads: usize,
    max_bytes: usize,
}

impl Writer {
    /// Opens the file.
    pub(super) fn open(config: &SpoolConfig, gauge: Arc<Gauge>) -> Result<Self, SpoolError> {
        Ok(Self {
            disk: Disk::open(config, gauge)?,
            max_payloads: config.sync_max_payloads,
            max_bytes: usize::try_from(config.sync_max_bytes.as_u64()).unwrap_or(usize::MAX),
        })
    }

    /// Does what it is asked until it is closed.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        loop {
            let mut batch = Batch::default();
            let other = match commands.recv_timeout(RETRY) {
                Ok(first) => self.gather(&mut batch, first, commands),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            self.disk.mend();
            if !batch.appends.is_empty() || !batch.takes.is_empty() {
                self.write(batch);
            }
            match other {
                Some(Command::Read(read)) => {
                    let found = self.disk.read(read.after, read.limit, read.bytes);
                    read.done.send(found).ok();
                }
                Some(Command::Close(done)) => {
                    self.disk.close();
                    done.send(()).ok();
                    return;
                }
                _ => {}
            }
        }
    }

    /// Takes what waits, up to the limits of one transaction; returns what is no change.
    fn gather(
        &self,
        batch: &mut Batch,
        first: Command,
        commands: &Receiver<Command>,
    ) -> Option<Command> {
        let (mut bytes, mut next) = (0, Some(first));
        while let Some(command) = next {
            match command {
                Command::Append(record, admission, done) => {
                    bytes += record.len();
                    batch.changes.appended.push(record);
                    batch.appends.push((admission, done));
                }
                Command::Remove(keys, done) => {
                    batch.changes.removed.extend(keys);
                    batch.takes.push(done);
                }
                Command::SetAside(keys, done) => {
                    batch.changes.set_aside.extend(keys);
                    batch.takes.push(done);
                }
                other => return Some(other),
            }
            let more = batch.appends.len() < self.max_payloads && bytes < self.max_bytes;
            next = if more { commands.try_recv().ok() } else { None };
        }
        None
    }

    fn write(&mut self, mut batch: Batch) {
        if let Err(error) = self.disk.takes() {
            batch.changes.appended.clear();
            answer(batch.appends.drain(..).map(|(_, done)| done), &error);
            if batch.takes.is_empty() {
                return;
            }
        }
        let mut written = self.disk.apply(&batch.changes);
        if let Err(error) = &written {
            answer(batch.appends.drain(..).map(|(_, done)| done), error);
            batch.changes.appended.clear();
            if !batch.takes.is_empty() {
                // In the file that was opened anew, with the room of the reserve.
                written = self.disk.apply(&batch.changes);
            }
        }
        if let Err(error) = written {
            answer(batch.takes.into_iter(), &error);
            return;
        }
        for (admission, done) in batch.appends {
            admission.keep();
            // Nobody may wait any more; the payload is safe all the same.
            done.send(Ok(())).ok();
        }
        for done in batch.takes {
            done.send(Ok(())).ok();
        }
    }
}

fn answer(all: impl Iterator<Item = Done<()>>, error: &SpoolError) {
    for done in all {
        done.send(Err(error.clone())).ok();
    }
}
