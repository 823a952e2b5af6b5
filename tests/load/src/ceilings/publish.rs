//! Confirmed publishes by bare lapin: several channels, many in flight, the queue declared by the
//! topology itself. Only an ack counts.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use anyhow::{Context, ensure};
use bytes::Bytes;
use bytesize::ByteSize;
use calseta_shared::topology::{self, TopologyConfig};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, PublisherConfirm,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use tokio::{task::JoinSet, time::Instant};

use crate::report::per_second as rate_of;

const CHANNELS: usize = 4;
const IN_FLIGHT: usize = 500;
/// A disk must not be filled by a fast broker.
const MOST: u64 = 100_000;

/// Publishes until `limit` is over, and returns how many were confirmed a second.
pub(super) async fn per_second(
    url: &str,
    bodies: &[Bytes],
    limit: Duration,
) -> anyhow::Result<f64> {
    let connection = Connection::connect(url, ConnectionProperties::default())
        .await
        .context("the broker cannot be reached")?;
    let limits = TopologyConfig {
        delivery_limit: 5,
        raw_max_bytes: ByteSize::gib(8),
        dead_max_bytes: ByteSize::gib(2),
    };
    let declaring = connection.create_channel().await?;
    topology::declare(&declaring, &limits).await?;
    // A channel that is only dropped is closed later, and a connection that ends meanwhile says that as an error.
    declaring.close(200, "topology declared".into()).await?;
    let bodies: Arc<[Bytes]> = bodies.into();
    let started = Instant::now();
    let mut publishers = JoinSet::new();
    for _ in 0..CHANNELS {
        let channel = connection.create_channel().await?;
        channel
            .confirm_select(ConfirmSelectOptions::default())
            .await?;
        publishers.spawn(publish(channel, bodies.clone(), started + limit));
    }
    let mut confirmed = 0;
    while let Some(count) = publishers.join_next().await {
        confirmed += count??;
    }
    let elapsed = started.elapsed();
    connection.close(200, "done".into()).await?;
    Ok(rate_of(confirmed, elapsed))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the limit is that of a bare publisher"
)]
async fn publish(channel: Channel, bodies: Arc<[Bytes]>, deadline: Instant) -> anyhow::Result<u64> {
    let options = BasicPublishOptions {
        mandatory: true,
        immediate: false,
    };
    let properties = BasicProperties::default().with_delivery_mode(2);
    let mut in_flight = VecDeque::with_capacity(IN_FLIGHT);
    let mut confirmed = 0;
    for body in bodies.iter().cycle() {
        if confirmed >= MOST / CHANNELS as u64 || Instant::now() >= deadline {
            break;
        }
        let publishing = channel.basic_publish(
            topology::RAW.into(),
            "elastic".into(),
            options,
            body,
            properties.clone(),
        );
        in_flight.push_back(publishing.await?);
        if in_flight.len() >= IN_FLIGHT
            && let Some(oldest) = in_flight.pop_front()
        {
            confirmed += acked(oldest).await?;
        }
    }
    for confirm in in_flight {
        confirmed += acked(confirm).await?;
    }
    channel.close(200, "done".into()).await?;
    Ok(confirmed)
}

async fn acked(confirm: PublisherConfirm) -> anyhow::Result<u64> {
    let confirmation = confirm.await?;
    ensure!(
        matches!(confirmation, Confirmation::Ack(None)),
        "not an ack: {confirmation:?}"
    );
    Ok(1)
}
