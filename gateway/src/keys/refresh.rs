//! Keeps the keys in memory as fresh as the database allows: told by `LISTEN`, polled, or asked for.
//!
//! A revocation is seen as soon as Postgres tells of it. With Postgres away the last set stays in
//! force and readiness says so; only a gateway that never saw its keys is not ready.

use std::time::Duration;

use calseta_shared::{
    broker::Backoff,
    database::DatabaseConfig,
    health::{Part, State},
    listener::Listener,
};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{KeySet, KeyStore, KeyStoreError, Keys, KeysConfig};

/// Table, and channel that tells of its changes.
const CHANNEL: &str = "api_keys";

/// What keeps one gateway's keys fresh.
pub struct Refresher {
    /// Where keys come from.
    pub store: KeyStore,
    /// For the connection that listens.
    pub database: DatabaseConfig,
    /// How often.
    pub config: KeysConfig,
    /// Where they go.
    pub keys: Keys,
    /// Where it says how it is.
    pub health: Part,
}

impl Refresher {
    /// Loads and listens until `stop`, then writes the last times of use.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        let mut usage = interval(self.config.usage_interval.max(Duration::from_secs(1)));
        usage.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !stop.is_cancelled() {
            // Listening before loading: a change in between is then told of, not missed.
            let ended = tokio::select! {
                () = stop.cancelled() => break,
                listener = Listener::open(&self.database, "calseta-gateway keys", CHANNEL) => match listener {
                    Ok(listener) => self.listen(listener, &mut backoff, &mut usage, &stop).await,
                    Err(error) => {
                        let reason = chain(&error);
                        self.away(&reason);
                        Some(reason)
                    }
                },
            };
            let Some(reason) = ended else { break };
            let wait = backoff.next_wait();
            tracing::warn!(reason, wait_ms = wait.as_millis(), "keys are from memory");
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
        self.write_usage().await;
    }

    /// Stays while the connection does; returns why it ended, or nothing when asked to stop.
    async fn listen(
        &self,
        mut listener: Listener,
        backoff: &mut Backoff,
        usage: &mut tokio::time::Interval,
        stop: &CancellationToken,
    ) -> Option<String> {
        let mut poll = interval(self.config.poll_interval.max(Duration::from_secs(1)));
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                told = listener.changed() => if told.is_none() {
                    let reason = "the connection that listens for changes ended".to_owned();
                    self.away(&reason);
                    return Some(reason);
                },
                // The first tick is at once: the load after every new connection.
                _ = poll.tick() => {}
                () = self.keys.wanted(last) => {}
                _ = usage.tick() => {
                    self.write_usage().await;
                    continue;
                }
            }
            if let Err(error) = self.load().await {
                let reason = chain(&error);
                self.away(&reason);
                return Some(reason);
            }
            backoff.reset();
            last = Instant::now();
        }
    }

    async fn load(&self) -> Result<(), KeyStoreError> {
        self.keys.begin();
        let keys = self.store.list().await?;
        let before = self.keys.current();
        if before.as_ref().is_none_or(|set| set.len() != keys.len()) {
            tracing::info!(keys = keys.len(), "keys loaded");
        }
        self.keys.replace(KeySet::new(keys, before.as_deref()));
        self.health.set(State::Ready);
        Ok(())
    }

    fn away(&self, reason: &str) {
        self.health.set(if self.keys.current().is_some() {
            State::Degraded(format!("known keys are used from memory: {reason}"))
        } else {
            State::NotReady(format!("no keys were loaded: {reason}"))
        });
    }

    async fn write_usage(&self) {
        let Some(set) = self.keys.current() else {
            return;
        };
        let used = set.take_used();
        if used.is_empty() {
            return;
        }
        if let Err(error) = self.store.write_usage(&used).await {
            // The next use of each key writes a later time anyway.
            tracing::warn!(
                reason = chain(&error),
                keys = used.len(),
                "times of last use were not written"
            );
        }
    }
}

/// The whole chain of an error in one line. Postgres's own texts name no secret.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
