//! Takes payloads from the spool to the broker, in order of arrival, behind live traffic.
//!
//! A payload is removed only after the broker's confirm. While the broker is away one payload is tried
//! at a time; one that the broker refuses for its own sake is left behind and tried again later, and
//! never blocks those behind it.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use calseta_shared::{
    broker::{Backoff, Route},
    envelope::Envelope,
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Failure, Outlet, Spool, SpoolConfig, SpoolError, record, store::Key};

/// Waits between two tries of a broker that is away.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));
/// How long payloads on their way may take after a stop is asked for.
const GRACE: Duration = Duration::from_secs(2);
/// A payload that ended its channel alone so often is at fault itself.
const STRIKES: u32 = 3;
/// How long such a payload is left alone.
const REST: Duration = Duration::from_secs(300);

/// What a step found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// So many payloads were tried, and at least one was taken.
    Moved(usize),
    /// The end was reached: what was left behind is next.
    Wrapped,
    /// Nothing was taken: wait before the next try.
    Stuck,
}

/// The way from the spool to the broker.
pub struct Drain<O> {
    spool: Spool,
    outlet: O,
    window: usize,
    per_second: u32,
    /// The last payload that was looked at.
    cursor: Key,
    /// The broker is in doubt: one payload at a time.
    probing: bool,
    /// Confirmed, and not removed for a fault of the disk: not to be published again.
    confirmed: HashSet<Key>,
    strikes: BTreeMap<Key, u32>,
    /// Payloads that end the channel, and when each is tried again.
    resting: BTreeMap<Key, Instant>,
}

impl<O: Outlet> Drain<O> {
    /// A drain that has not begun.
    pub fn new(spool: Spool, outlet: O, config: &SpoolConfig) -> Self {
        Self {
            spool,
            outlet,
            window: config.drain_window.max(1),
            per_second: config.drain_per_second.max(1),
            cursor: 0,
            probing: true,
            confirmed: HashSet::new(),
            strikes: BTreeMap::new(),
            resting: BTreeMap::new(),
        }
    }

    /// Drains until `stop`; what is on its way then may still be confirmed.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::new(BACKOFF.0, BACKOFF.1);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.spool.filled() => {}
            }
            let begun = Instant::now();
            let found = tokio::select! {
                found = self.step() => found,
                () = async { stop.cancelled().await; sleep(GRACE).await } => return,
            };
            let wait = match found {
                Ok(Step::Moved(tried)) => {
                    backoff.reset();
                    let tried = u32::try_from(tried).unwrap_or(u32::MAX);
                    Duration::from_secs(1).saturating_mul(tried) / self.per_second
                }
                Ok(Step::Wrapped | Step::Stuck) => backoff.next_wait(),
                Err(error) => {
                    tracing::debug!(%error, "the spool cannot be drained now");
                    backoff.next_wait()
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(begun + wait) => {}
            }
        }
    }

    /// Tries one window of payloads.
    pub(super) async fn step(&mut self) -> Result<Step, SpoolError> {
        let limit = if self.probing { 1 } else { self.window };
        let records = self.spool.read(self.cursor, limit).await?;
        let Some((last, _)) = records.last() else {
            self.cursor = 0;
            return Ok(Step::Wrapped);
        };
        let (last, tried) = (*last, records.len());
        let envelopes = self.sort(records).await?;
        let mut taken: Vec<Key> = self.confirmed.iter().copied().collect();
        let mut failures = Vec::new();
        for (key, outcome) in self.publish(&envelopes).await {
            match outcome {
                Ok(()) => taken.push(key),
                Err(failure) => failures.push((key, failure)),
            }
        }
        let moved = !taken.is_empty();
        self.remove(taken).await?;
        if self.doubt(&failures, envelopes.len()) {
            self.probing = true;
            self.cursor = 0;
            return Ok(Step::Stuck);
        }
        self.probing = false;
        self.cursor = last;
        Ok(if moved || failures.is_empty() {
            Step::Moved(tried)
        } else {
            Step::Stuck
        })
    }

    /// Sets aside what cannot be read, and leaves out what was confirmed or rests.
    async fn sort(
        &mut self,
        records: Vec<(Key, Vec<u8>)>,
    ) -> Result<Vec<(Key, Envelope)>, SpoolError> {
        let (mut envelopes, mut unreadable) = (Vec::new(), Vec::new());
        for (key, record) in records {
            let rests = |due: &Instant| *due > Instant::now();
            if self.confirmed.contains(&key) || self.resting.get(&key).is_some_and(rests) {
                continue;
            }
            match record::decode(record) {
                Ok(envelope) => envelopes.push((key, envelope)),
                Err(error) => {
                    tracing::error!(%error, key, "a record of the spool cannot be read and is set aside");
                    unreadable.push(key);
                }
            }
        }
        if !unreadable.is_empty() {
            self.spool.set_aside(unreadable).await?;
        }
        Ok(envelopes)
    }

    /// Publishes all at once, and those that ended a channel before one by one after the others.
    async fn publish(&self, envelopes: &[(Key, Envelope)]) -> Vec<(Key, Result<(), Failure>)> {
        let send = async |key: Key, envelope: &Envelope| {
            let route = if envelope.dead.is_some() {
                Route::Dead
            } else {
                Route::Raw
            };
            (key, self.outlet.publish(route, envelope).await)
        };
        let (alone, together): (Vec<_>, Vec<_>) = envelopes
            .iter()
            .partition(|(key, _)| self.resting.contains_key(key));
        let sending: FuturesUnordered<_> = together
            .iter()
            .map(|(key, envelope)| send(*key, envelope))
            .collect();
        let mut outcomes: Vec<_> = sending.collect().await;
        for (key, envelope) in alone {
            outcomes.push(send(*key, envelope).await);
        }
        outcomes
    }

    async fn remove(&mut self, taken: Vec<Key>) -> Result<(), SpoolError> {
        if taken.is_empty() {
            return Ok(());
        }
        for key in &taken {
            self.strikes.remove(key);
            self.resting.remove(key);
        }
        self.confirmed.extend(&taken);
        self.spool.remove(taken).await?;
        self.confirmed.clear();
        Ok(())
    }

    /// Whether failures are the broker's: then nothing behind them is tried. A payload that ended its
    /// channel alone, again and again, is at fault itself.
    fn doubt(&mut self, failures: &[(Key, Failure)], sent: usize) -> bool {
        let mut doubt = false;
        for (key, failure) in failures {
            match failure {
                Failure::Away => doubt = true,
                Failure::Refused => {}
                Failure::Ended if self.resting.contains_key(key) => {
                    self.resting.insert(*key, Instant::now() + REST);
                }
                Failure::Ended if sent > 1 => doubt = true,
                Failure::Ended => {
                    let strikes = self.strikes.entry(*key).or_default();
                    *strikes += 1;
                    if *strikes < STRIKES {
                        doubt = true;
                    } else {
                        tracing::error!(
                            key,
                            "a payload of the spool ends its channel and is left behind"
                        );
                        self.resting.insert(*key, Instant::now() + REST);
                    }
                }
            }
        }
        doubt
    }
}
