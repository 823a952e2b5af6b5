//! The one thread that touches the disk: it answers `Ok` only after the sync that holds the payload.
//!
//! A fault refuses everybody in its group and all who come later, until a probe of the size of a payload
//! was written and synced; removing what the broker has is tried all the same, since it makes room.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::{
    SpoolError, Spooled,
    disk::{Disk, Totals, Wanted},
    gauge::Gauge,
    group::{Append, Command, Group, Limits},
    record::{self, RecordError},
};

const PROBE_INTERVAL: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    pub(super) disk: Disk,
    pub(super) gauge: Arc<Gauge>,
    pub(super) limits: Limits,
    /// Kept on the disk, and not read again.
    pub(super) unreadable: BTreeSet<u64>,
}

impl Writer {
    /// Works until the spool is closed or nobody holds it any more.
    pub(super) fn run(mut self, commands: &Receiver<Command>) {
        let mut probed = Instant::now();
        loop {
            let failing = self.gauge.fault().is_some();
            if failing && probed.elapsed() >= PROBE_INTERVAL {
                self.probe();
                probed = Instant::now();
            }
            let wait = if failing {
                PROBE_INTERVAL
            } else {
                Duration::MAX
            };
            let first = match commands.recv_timeout(wait) {
                Ok(command) => command,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut group = Group::gather(first, commands, self.limits);
            let close = group.close.take();
            self.serve(group);
            if let Some(reply) = close {
                // The file and its lock are free before anybody is told so.
                drop(self);
                // Whoever asked may have gone.
                reply.send(()).ok();
                return;
            }
        }
    }

    fn serve(&mut self, mut group: Group) {
        if let Some(fault) = self.gauge.fault() {
            refuse(std::mem::take(&mut group.appends), &fault);
        }
        let keys = group.keys();
        if !group.appends.is_empty() || !keys.is_empty() {
            self.change(&mut group, &keys);
        }
        for (wanted, reply) in group.reads {
            let records = self.read(wanted);
            drop(reply.send(records.map_err(|error| self.fault(error))));
        }
    }

    fn change(&mut self, group: &mut Group, keys: &[u64]) {
        let records: Vec<_> = group.appends.iter().map(|append| &append.record).collect();
        let mut outcome = self.disk.change(&records, keys);
        eprintln!("CHANGE {} {} {outcome:?}", records.len(), keys.len());
        if let Err(error) = outcome {
            let fault = self.fail(error);
            refuse(std::mem::take(&mut group.appends), &fault);
            // A disk without room for payloads may have room to remove some.
            outcome = if keys.is_empty() {
                return;
            } else {
                self.disk.change(&[], keys)
            };
        }
        let removed = match outcome {
            Ok(totals) => {
                self.synced(totals);
                Ok(())
            }
            Err(error) => Err(self.fault(error)),
        };
        for append in group.appends.drain(..) {
            drop(append.reservation);
            drop(append.reply.send(Ok(())));
            self.gauge.arrived.notify_one();
        }
        for (_, reply) in group.removes.drain(..) {
            drop(reply.send(removed.clone()));
        }
    }

    fn read(&mut self, mut wanted: Wanted) -> Result<Vec<Spooled>, redb::Error> {
        loop {
            wanted.skip.extend(&self.unreadable);
            let records = self.disk.read(&wanted)?;
            let met = records.len();
            let decoded = records.into_iter().filter_map(|(key, record)| {
                let envelope = record::decode(&record);
                envelope
                    .map(|envelope| Spooled { key, envelope })
                    .inspect_err(|error| self.keep_unreadable(key, error))
                    .ok()
            });
            let spooled: Vec<_> = decoded.collect();
            // None readable is not the end: others may come behind.
            if met == 0 || !spooled.is_empty() {
                return Ok(spooled);
            }
        }
    }

    fn keep_unreadable(&mut self, key: u64, error: &RecordError) {
        tracing::error!(spool.key = key, %error, "a spooled record is kept, but cannot be published");
        self.unreadable.insert(key);
        let known = self.unreadable.len() as u64;
        self.gauge.unreadable.store(known, Relaxed);
    }

    fn synced(&self, totals: Totals) {
        self.gauge.set(totals);
        self.gauge.syncs.fetch_add(1, Relaxed);
    }

    fn probe(&mut self) {
        match self.disk.probe() {
            Ok(totals) => {
                self.gauge.set(totals);
                self.gauge.recover();
                tracing::info!(
                    spool.depth = totals.depth,
                    "the spool's disk takes writes again"
                );
            }
            Err(error) => {
                eprintln!("PROBE {error:?}");
                drop(self.fail(error))
            }
        }
    }

    fn fault(&self, error: redb::Error) -> SpoolError {
        SpoolError::Disk(self.fail(error))
    }

    fn fail(&self, error: redb::Error) -> Arc<redb::Error> {
        let known = self.gauge.fault().is_some();
        let error = Arc::new(error);
        if !known {
            tracing::error!(%error, "the spool's disk fails, nothing is taken until it works again");
        }
        self.gauge.fail(error.clone());
        error
    }
}

fn refuse(appends: Vec<Append>, fault: &Arc<redb::Error>) {
    for append in appends {
        drop(append.reservation);
        drop(append.reply.send(Err(SpoolError::Disk(fault.clone()))));
    }
}
