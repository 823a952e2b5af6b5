//! Deliveries of one queue, with a prefetch that is set again after every reconnect.
//!
//! A delivery can be acknowledged once, over the channel it came by; one of a connection that ended
//! comes again by the next. After `stop` no new delivery comes, but acknowledgments still go out until
//! `finished`.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use lapin::{
    Channel, Connection,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    Backoff, BrokerConfig, BrokerError,
    connection::{chain, open, refused},
    receipt::{self, Receipt},
};
use crate::{
    envelope::{Envelope, EnvelopeError},
    health::{Part, State},
    topology::TopologyConfig,
};

const TAG: &str = "calseta-worker";

/// Limits of consuming.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerConfig {
    /// Deliveries that may be unacknowledged at a time.
    pub prefetch: u16,
}

/// One message from the broker to this worker.
#[derive(Debug)]
pub struct Delivery {
    /// What it carries, or why that cannot be read.
    pub envelope: Result<Envelope, EnvelopeError>,
    /// The body as it came, also when the envelope cannot be read.
    pub body: Bytes,
    /// Whether the broker sent it before.
    pub redelivered: bool,
    /// What acknowledges it.
    pub receipt: Receipt,
}

/// What a consumer needs to run.
pub struct Consumer {
    /// How to reach the broker.
    pub broker: BrokerConfig,
    /// What is declared at every connect.
    pub topology: TopologyConfig,
    /// The queue, by name.
    pub queue: &'static str,
    /// Limits.
    pub config: ConsumerConfig,
    /// Where it says how it is.
    pub health: Part,
    /// Cancelled: no new deliveries.
    pub stop: CancellationToken,
    /// Cancelled: nothing will be acknowledged any more.
    pub finished: CancellationToken,
}

impl Consumer {
    /// Sends every delivery to `deliveries`, reconnecting for as long as `stop` is not cancelled.
    pub async fn run(self, deliveries: mpsc::Sender<Delivery>) {
        let mut backoff = Backoff::new(self.broker.backoff_min, self.broker.backoff_max);
        while !self.stop.is_cancelled() && !deliveries.is_closed() {
            let reason = match self.connected(&deliveries, &mut backoff).await {
                Ok(()) if self.stop.is_cancelled() => break,
                Ok(()) => "the broker ended the consumer".to_owned(),
                Err(error) => chain(&error),
            };
            let wait = backoff.next_wait();
            tracing::warn!(
                queue = self.queue,
                reason,
                wait_ms = wait.as_millis(),
                "consuming is down, reconnecting"
            );
            self.health.set(State::NotReady(reason));
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    async fn connected(
        &self,
        deliveries: &mpsc::Sender<Delivery>,
        backoff: &mut Backoff,
    ) -> Result<(), BrokerError> {
        let opening = open(&self.broker, &self.topology, "calseta consume");
        let connection = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            connection = opening => connection?,
        };
        let (channel, mut incoming) = self.subscribe(&connection).await?;
        let unacknowledged = receipt::Channel::new(self.config.prefetch);
        self.health.set(State::Ready);
        backoff.reset();
        tracing::info!(queue = self.queue, "consuming is up");
        loop {
            tokio::select! {
                () = self.stop.cancelled() => break,
                delivery = incoming.next() => match delivery {
                    Some(delivery) => {
                        let delivery = delivery.map_err(refused("deliveries"))?;
                        let delivery = read(delivery, &unacknowledged);
                        tokio::select! {
                            // The pipeline is full or gone: what is not handed over stays unacknowledged.
                            () = self.stop.cancelled() => break,
                            sent = deliveries.send(delivery) => if sent.is_err() { break },
                        }
                    }
                    None => return Ok(()),
                },
            }
        }
        self.drain(&connection, &channel).await;
        Ok(())
    }

    async fn subscribe(
        &self,
        connection: &Connection,
    ) -> Result<(Channel, lapin::Consumer), BrokerError> {
        let channel = connection
            .create_channel()
            .await
            .map_err(refused("a channel"))?;
        channel
            .basic_qos(self.config.prefetch, BasicQosOptions { global: false })
            .await
            .map_err(refused("the prefetch"))?;
        let options = BasicConsumeOptions {
            no_local: false,  // not supported by RabbitMQ
            no_ack: false,    // acknowledged by settle, after the commit
            exclusive: false, // as many workers as wanted
            nowait: false,    // a refusal must be heard
        };
        let incoming = channel
            .basic_consume(
                self.queue.into(),
                TAG.into(),
                options,
                FieldTable::default(),
            )
            .await
            .map_err(refused("a consumer"))?;
        Ok((channel, incoming))
    }

    /// Takes no more, and keeps the channel open until everything is settled.
    async fn drain(&self, connection: &Connection, channel: &Channel) {
        let cancelled = channel
            .basic_cancel(TAG.into(), BasicCancelOptions { nowait: false })
            .await;
        if let Err(error) = cancelled {
            tracing::debug!(%error, "the consumer was gone already");
        }
        self.finished.cancelled().await;
        let closing = connection.close(200, "drained".into());
        match tokio::time::timeout(Duration::from_secs(5), closing).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the connection was closed already"),
            Err(_) => tracing::debug!("the broker did not answer the close"),
        }
    }
}

fn read(delivery: lapin::message::Delivery, channel: &receipt::Channel) -> Delivery {
    let body = Bytes::from(delivery.data);
    Delivery {
        envelope: Envelope::read(&delivery.properties, body.clone()),
        body,
        redelivered: delivery.redelivered,
        receipt: channel.receipt(delivery.delivery_tag, delivery.acker),
    }
}
