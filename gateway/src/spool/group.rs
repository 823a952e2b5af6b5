//! What shares one sync: everything that came while the last one ran, up to a count, bytes and a wait.
//!
//! Order of arrival is kept, and nothing is left out: what does not fit waits for the next group.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError},
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{SpoolError, Spooled, disk::Wanted, gauge::Reservation, record::Record};

/// One payload to be written, and who waits for it.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) record: Record,
    pub(super) reservation: Reservation,
    pub(super) reply: Reply<()>,
}

/// Who waits to hear that it is done.
type Reply<T> = oneshot::Sender<Result<T, SpoolError>>;

/// What the spool's thread is asked for.
#[derive(Debug)]
pub(super) enum Command {
    Append(Append),
    Remove(Vec<u64>, Reply<()>),
    Read(Wanted, Reply<Vec<Spooled>>),
    Close(oneshot::Sender<()>),
}

/// The limits of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) payloads: usize,
    pub(super) bytes: u64,
    pub(super) wait: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) appends: Vec<Append>,
    pub(super) removes: Vec<(Vec<u64>, Reply<()>)>,
    pub(super) reads: Vec<(Wanted, Reply<Vec<Spooled>>)>,
    pub(super) close: Option<oneshot::Sender<()>>,
    bytes: u64,
}

impl Group {
    /// Takes what is there after `first`, within the limits.
    pub(super) fn gather(first: Command, commands: &Receiver<Command>, limits: Limits) -> Self {
        let mut group = Self::default();
        group.add(first);
        let deadline = Instant::now() + limits.wait;
        while group.has_room(limits) {
            match commands.try_recv() {
                Ok(command) => group.add(command),
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if group.appends.is_empty() || left.is_zero() {
                        break;
                    }
                    match commands.recv_timeout(left) {
                        Ok(command) => group.add(command),
                        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
                    }
                }
            }
        }
        group
    }

    pub(super) fn keys(&self) -> Vec<u64> {
        let keys = self.removes.iter().flat_map(|(keys, _)| keys);
        keys.copied().collect()
    }

    fn has_room(&self, limits: Limits) -> bool {
        self.appends.len() < limits.payloads && self.bytes < limits.bytes && self.close.is_none()
    }

    fn add(&mut self, command: Command) {
        match command {
            Command::Append(append) => {
                self.bytes += append.record.len() as u64;
                self.appends.push(append);
            }
            Command::Remove(keys, reply) => self.removes.push((keys, reply)),
            Command::Read(wanted, reply) => self.reads.push((wanted, reply)),
            Command::Close(reply) => self.close = Some(reply),
        }
    }
}
