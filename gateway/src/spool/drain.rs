//! Takes payloads from the spool to the broker, in order of arrival, and removes them after the confirm.
//!
//! It keeps a rate and a window, backs off while the broker takes nothing, and stops between two confirms
//! without losing one. A payload that fails while others succeed is set aside for a while, never dropped,
//! so that one the broker will not have cannot hold the rest.

use std::{collections::BTreeSet, time::Duration};

use calseta_shared::{
    broker::{Backoff, PublishError, Publisher, Route},
    envelope::Envelope,
};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Spool, SpoolConfig, SpoolError, Spooled, suspects::Suspects, window::Window};

const BACKOFF_MIN: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(2);
/// How long a payload that fails alone waits for its next turn, when nothing else is left.
const SET_ASIDE: Duration = Duration::from_secs(60);

/// Where drained payloads go.
pub trait Outlet {
    /// Hands a payload over; `Ok` means that it is safe there.
    fn hand_over(
        &self,
        envelope: &Envelope,
    ) -> impl Future<Output = Result<(), PublishError>> + Send;
}

impl Outlet for Publisher {
    #[expect(
        clippy::disallowed_methods,
        reason = "the spool's one way to the broker"
    )]
    async fn hand_over(&self, envelope: &Envelope) -> Result<(), PublishError> {
        let route = match envelope.dead {
            Some(_) => Route::Dead,
            None => Route::Raw,
        };
        self.publish(route, envelope).await
    }
}

/// The way from the spool to the broker; one per spool.
#[derive(Debug)]
pub struct Drain<O> {
    spool: Spool,
    outlet: O,
    per_payload: Duration,
    window: Window,
    backoff: Backoff,
    /// Confirmed, but still on the disk: not to be published again.
    confirmed: BTreeSet<u64>,
    suspects: Suspects,
    troubled: bool,
}

/// What one round did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Nothing to publish.
    Empty,
    /// So many were confirmed.
    Moved(u32),
    /// None was.
    Stuck,
}

impl<O: Outlet> Drain<O> {
    /// A drain that has not begun.
    pub fn new(spool: Spool, outlet: O, config: &SpoolConfig) -> Self {
        Self {
            spool,
            outlet,
            per_payload: Duration::from_secs(1) / config.drain_per_second.get(),
            window: Window::new(config.drain_window.get()),
            backoff: Backoff::new(BACKOFF_MIN, BACKOFF_MAX),
            confirmed: BTreeSet::new(),
            suspects: Suspects::default(),
            troubled: false,
        }
    }

    /// Drains until `stop` or the spool is closed; what is in flight then counts if confirmed already.
    pub async fn run(mut self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let began = Instant::now();
            let round = match self.round(&stop).await {
                Ok(round) => round,
                Err(SpoolError::Closed) => return,
                // The spool's thread has told it, once.
                Err(_) => Round::Stuck,
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = self.rest(round, began) => {}
            }
        }
    }

    async fn rest(&mut self, round: Round, began: Instant) {
        match round {
            Round::Moved(count) => {
                self.backoff.reset();
                sleep_until(began + self.per_payload * count).await;
            }
            Round::Stuck => sleep(self.backoff.next_wait()).await,
            Round::Empty if self.suspects.set_aside().is_empty() => self.spool.arrived().await,
            Round::Empty => tokio::select! {
                () = self.spool.arrived() => {}
                () = sleep(SET_ASIDE) => self.suspects.forgive(),
            },
        }
    }

    /// Publishes a window of payloads and removes those that the broker confirmed.
    pub(super) async fn round(&mut self, stop: &CancellationToken) -> Result<Round, SpoolError> {
        self.remove_confirmed().await?;
        let skip = self.suspects.set_aside();
        let batch = self.spool.batch(self.window.size(), skip).await?;
        if batch.is_empty() {
            return Ok(Round::Empty);
        }
        let began = Instant::now();
        let failed = self.publish(&batch, stop).await;
        let moved = self.confirmed.len();
        if failed.is_empty() {
            self.window.confirmed(began.elapsed());
        } else {
            self.window.failed(moved == 0);
        }
        self.tell(failed.first().map(|(_, error)| error));
        self.suspects.judge(&failed, moved > 0);
        self.remove_confirmed().await?;
        Ok(match u32::try_from(moved).unwrap_or(u32::MAX) {
            0 => Round::Stuck,
            moved => Round::Moved(moved),
        })
    }

    /// All at once, begun in order; returns those that failed.
    async fn publish(
        &mut self,
        batch: &[Spooled],
        stop: &CancellationToken,
    ) -> Vec<(u64, PublishError)> {
        let outlet = &self.outlet;
        let mut flying: FuturesUnordered<_> = batch
            .iter()
            .map(|spooled| async { (spooled.key, outlet.hand_over(&spooled.envelope).await) })
            .collect();
        let mut failed = Vec::new();
        loop {
            let landed = tokio::select! {
                // What has landed counts, also when a stop came at the same time.
                biased;
                landed = flying.next() => landed,
                // Unknown to us from here on: they stay, and may be published twice.
                () = stop.cancelled() => None,
            };
            match landed {
                Some((key, Ok(()))) => drop(self.confirmed.insert(key)),
                Some((key, Err(error))) => failed.push((key, error)),
                None => return failed,
            }
        }
    }

    async fn remove_confirmed(&mut self) -> Result<(), SpoolError> {
        if !self.confirmed.is_empty() {
            let keys = self.confirmed.iter().copied().collect();
            self.spool.remove(keys).await?;
            self.confirmed.clear();
        }
        Ok(())
    }

    fn tell(&mut self, trouble: Option<&PublishError>) {
        match trouble {
            Some(error) if !self.troubled => tracing::warn!(
                %error,
                spool.depth = self.spool.depth(),
                "draining the spool is held up"
            ),
            None if self.troubled => tracing::info!(
                spool.depth = self.spool.depth(),
                "the spool is being drained"
            ),
            _ => {}
        }
        self.troubled = trouble.is_some();
    }
}
