//! Deliveries of one queue, with a prefetch that is set again after every reconnect and follows the size of bodies.
//!
//! After `stop` no new delivery comes, but acknowledgments still go out until `finished`.

use std::time::Duration;

use bytesize::ByteSize;
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
    Backoff, BrokerConfig, BrokerError, Delivery,
    connection::{chain, open, refused},
    receipt,
    window::{Change, Window},
};
use crate::{
    health::{Part, State},
    topology::TopologyConfig,
};

/// The consumer that is always there.
const NARROW: &str = "calseta-worker";
/// The one for small bodies.
const WIDE: &str = "calseta-worker-wide";

/// Limits of consuming.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ConsumerConfig {
    /// Deliveries that may be unacknowledged at a time.
    pub prefetch: u16,
    /// Bytes of their bodies at a time, where the prefetch would let in more.
    pub max_bytes: ByteSize,
}

impl ConsumerConfig {
    /// Both limits.
    pub fn new(prefetch: u16, max_bytes: ByteSize) -> Self {
        Self {
            prefetch,
            max_bytes,
        }
    }
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
    /// Bytes of the largest body there may be.
    pub largest: ByteSize,
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
        let bytes = |size: ByteSize| usize::try_from(size.as_u64()).unwrap_or(usize::MAX);
        let (max_bytes, largest) = (bytes(self.config.max_bytes), bytes(self.largest));
        let mut window = Window::new(self.config.prefetch, max_bytes, largest);
        let mut backoff = Backoff::new(self.broker.backoff_min, self.broker.backoff_max);
        while !self.stop.is_cancelled() && !deliveries.is_closed() {
            let reason = match self
                .connected(&deliveries, (&mut backoff, &mut window))
                .await
            {
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
        (backoff, window): (&mut Backoff, &mut Window),
    ) -> Result<(), BrokerError> {
        let opening = open(&self.broker, &self.topology, "calseta consume");
        let connection = tokio::select! {
            () = self.stop.cancelled() => return Ok(()),
            connection = opening => connection?,
        };
        let channel = connection
            .create_channel()
            .await
            .map_err(refused("a channel"))?;
        window.begin();
        let mut narrow = self.subscribe(&channel, NARROW, window.narrow()).await?;
        let mut wide: Option<Wide> = None;
        let unacknowledged = receipt::Channel::new(self.config.prefetch);
        self.health.set(State::Ready);
        backoff.reset();
        tracing::info!(queue = self.queue, "consuming is up");
        loop {
            let delivery = tokio::select! {
                () = self.stop.cancelled() => break,
                delivery = narrow.next() => match delivery {
                    Some(delivery) => delivery,
                    None => return Ok(()),
                },
                delivery = next_of(&mut wide) => match delivery {
                    Some(delivery) => delivery,
                    // Everything that came by it is here.
                    None if wide.take().is_some_and(|wide| wide.closing) => continue,
                    None => return Ok(()),
                },
            };
            let delivery = delivery.map_err(refused("deliveries"))?;
            let held = window.hold(delivery.data.len());
            let delivery = Delivery::read(delivery, &unacknowledged, held);
            tokio::select! {
                // The pipeline is full or gone: what is not handed over stays unacknowledged.
                () = self.stop.cancelled() => break,
                sent = deliveries.send(delivery) => if sent.is_err() { break },
            }
            self.adapt(&channel, window, &mut wide).await?;
        }
        self.drain(&connection, &channel).await;
        Ok(())
    }

    /// Opens or ends the wide consumer, as the size of bodies asks for.
    async fn adapt(
        &self,
        channel: &Channel,
        window: &Window,
        wide: &mut Option<Wide>,
    ) -> Result<(), BrokerError> {
        match window.change(wide.as_ref().map(|wide| wide.prefetch)) {
            Change::None => {}
            Change::Open(prefetch) => {
                *wide = Some(Wide {
                    incoming: self.subscribe(channel, WIDE, prefetch).await?,
                    prefetch,
                    closing: false,
                });
            }
            Change::Close => {
                if let Some(wide) = wide.as_mut().filter(|wide| !wide.closing) {
                    wide.closing = true;
                    cancel(channel, WIDE).await.map_err(refused("a cancel"))?;
                }
            }
        }
        Ok(())
    }

    async fn subscribe(
        &self,
        channel: &Channel,
        tag: &'static str,
        prefetch: u16,
    ) -> Result<lapin::Consumer, BrokerError> {
        // Not global: of the consumers that are made from now on, each has its own.
        channel
            .basic_qos(prefetch, BasicQosOptions { global: false })
            .await
            .map_err(refused("the prefetch"))?;
        let options = BasicConsumeOptions {
            no_local: false,  // not supported by RabbitMQ
            no_ack: false,    // acknowledged by settle, after the commit
            exclusive: false, // as many workers as wanted
            nowait: false,    // a refusal must be heard
        };
        channel
            .basic_consume(
                self.queue.into(),
                tag.into(),
                options,
                FieldTable::default(),
            )
            .await
            .map_err(refused("a consumer"))
    }

    /// Takes no more, and keeps the channel open until everything is settled.
    async fn drain(&self, connection: &Connection, channel: &Channel) {
        for tag in [NARROW, WIDE] {
            if let Err(error) = cancel(channel, tag).await {
                tracing::debug!(%error, "the consumer was gone already");
            }
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

/// The consumer for small bodies.
struct Wide {
    incoming: lapin::Consumer,
    prefetch: u16,
    /// Cancelled; what it has sent still comes.
    closing: bool,
}

/// The next delivery of the wide consumer; waits for ever when there is none.
async fn next_of(wide: &mut Option<Wide>) -> Option<lapin::Result<lapin::message::Delivery>> {
    match wide {
        Some(wide) => wide.incoming.next().await,
        None => std::future::pending().await,
    }
}

async fn cancel(channel: &Channel, tag: &str) -> lapin::Result<()> {
    let options = BasicCancelOptions { nowait: false };
    channel.basic_cancel(tag.into(), options).await
}
