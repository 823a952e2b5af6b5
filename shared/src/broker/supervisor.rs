//! Keeps a publisher connected: reconnects with jittered backoff and notices a blocked connection at once.
//!
//! When a connection ends, every confirm in flight ends with an error: its outcome is unknown, and the
//! one who published decides. Nothing is published again from here.

use std::{sync::Arc, time::Duration};

use lapin::{Channel, Connection, options::ConfirmSelectOptions};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::{
    Backoff, BrokerError,
    connection::{Notice, chain, next_notice, open, refused},
    publisher::{Inner, Link},
};
use crate::health::{Part, State};

/// Keeps `shared.link` true until `stop`.
pub(super) async fn run(shared: Arc<Inner>, health: Part, stop: CancellationToken) {
    let mut backoff = Backoff::new(shared.broker.backoff_min, shared.broker.backoff_max);
    loop {
        let ended = tokio::select! {
            () = stop.cancelled() => break,
            ended = connected(&shared, &health, &mut backoff, &stop) => ended,
        };
        shared.link.store(Arc::new(Link::Down));
        let reason = ended.unwrap_or_else(|error| chain(&error));
        if stop.is_cancelled() {
            break;
        }
        let wait = backoff.next_wait();
        tracing::warn!(
            reason,
            wait_ms = wait.as_millis(),
            "publishing is down, reconnecting"
        );
        health.set(State::NotReady(reason));
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(wait) => {}
        }
    }
    shared.link.store(Arc::new(Link::Down));
}

/// Connects and stays until the connection ends; returns why.
async fn connected(
    shared: &Inner,
    health: &Part,
    backoff: &mut Backoff,
    stop: &CancellationToken,
) -> Result<String, BrokerError> {
    let connection = open(&shared.broker, &shared.topology, "calseta publish").await?;
    let channels = channels(&connection, shared.config.channels).await?;
    shared.link.store(Arc::new(Link::Up(channels.clone())));
    health.set(State::Ready);
    backoff.reset();
    tracing::info!("publishing is up");
    let mut events = Box::pin(connection.events_listener());
    // Belt and braces: a channel can die without an event of its connection.
    let mut look = interval(Duration::from_secs(1));
    let reason = loop {
        tokio::select! {
            () = stop.cancelled() => break "shutdown".to_owned(),
            notice = next_notice(&mut events) => match notice {
                Notice::Blocked(reason) => {
                    tracing::warn!(reason, "the broker blocks publishing");
                    shared.link.store(Arc::new(Link::Blocked));
                    health.set(State::Degraded(format!("blocked by the broker: {reason}")));
                }
                Notice::Unblocked => {
                    tracing::info!("the broker takes publishes again");
                    shared.link.store(Arc::new(Link::Up(channels.clone())));
                    health.set(State::Ready);
                }
                Notice::Ended(reason) => break reason,
            },
            () = shared.doubt.notified() => {}
            _ = look.tick() => {}
        }
        if !connection.status().connected() || channels.iter().any(|c| !c.status().connected()) {
            break "a channel is closed".to_owned();
        }
    };
    shared.link.store(Arc::new(Link::Down));
    if let Err(error) = connection.close(200, "done".into()).await {
        tracing::debug!(%error, "the connection was closed already");
    }
    Ok(reason)
}

async fn channels(connection: &Connection, count: usize) -> Result<Vec<Channel>, BrokerError> {
    let mut channels = Vec::new();
    for _ in 0..count.max(1) {
        let channel = connection
            .create_channel()
            .await
            .map_err(refused("a channel"))?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await
            .map_err(refused("publisher confirms"))?;
        channels.push(channel);
    }
    Ok(channels)
}
