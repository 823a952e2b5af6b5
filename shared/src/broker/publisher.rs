//! Publishes with confirm: `Ok` means that the broker has the payload on disk, and nothing else does.
//!
//! A publish never waits for a connection: it fails, and the caller decides what is safe.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use lapin::{Channel, Confirmation, options::BasicPublishOptions};
use serde::{Deserialize, Serialize};
use tokio::{sync::Notify, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{BrokerConfig, supervisor};
use crate::{
    envelope::Envelope,
    health::Part,
    topology::{self, TopologyConfig},
};

/// Limits of publishing.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PublisherConfig {
    /// How long to wait for a confirm before the outcome is unknown.
    #[serde(with = "humantime_serde")]
    pub confirm_timeout: Duration,
    /// Channels that publishes are spread over.
    pub channels: usize,
}

/// Where a payload goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To be normalized.
    Raw,
    /// To the dead letters.
    Dead,
}

impl Route {
    fn exchange(self) -> &'static str {
        match self {
            Self::Raw => topology::RAW,
            Self::Dead => topology::DEAD,
        }
    }
}

/// The broker does not certainly have the payload.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No connection.
    #[error("the broker cannot be reached")]
    Unreachable,
    /// The broker asked for silence: out of memory or disk.
    #[error("the broker blocks publishing")]
    Blocked,
    /// The broker refused the payload: its queue is full.
    #[error("the broker refused the payload")]
    Nacked,
    /// No queue is bound for it.
    #[error("the broker has no route for the payload: {reply}")]
    Returned {
        /// The broker's words.
        reply: String,
    },
    /// The broker did not confirm in time: it may have the payload or not.
    #[error("the broker did not confirm within {0:?}")]
    Unconfirmed(Duration),
    /// The connection ended in the middle: it may have the payload or not.
    #[error("the connection to the broker ended")]
    Ended(#[from] lapin::Error),
}

/// Whether there is a connection to publish over.
pub(super) enum Link {
    Down,
    Blocked,
    Up(Vec<Channel>),
}

/// What publishes and the supervisor share.
pub(super) struct Inner {
    pub(super) broker: BrokerConfig,
    pub(super) topology: TopologyConfig,
    pub(super) config: PublisherConfig,
    pub(super) link: ArcSwap<Link>,
    /// A publish met a dead channel: look at the connection now.
    pub(super) doubt: Notify,
    next: AtomicUsize,
}

/// A handle that all threads share.
#[derive(Clone)]
pub struct Publisher(Arc<Inner>);

impl Publisher {
    /// Makes a publisher and starts its supervisor, which runs until `stop`.
    pub fn start(
        broker: BrokerConfig,
        topology: TopologyConfig,
        config: PublisherConfig,
        health: Part,
        stop: CancellationToken,
    ) -> (Self, tokio::task::JoinHandle<()>) {
        let publisher = Self(Arc::new(Inner {
            broker,
            topology,
            config,
            link: ArcSwap::from_pointee(Link::Down),
            doubt: Notify::new(),
            next: AtomicUsize::new(0),
        }));
        let supervisor = tokio::spawn(supervisor::run(publisher.0.clone(), health, stop));
        (publisher, supervisor)
    }

    /// Publishes and waits for the confirm.
    ///
    /// # Errors
    /// Whenever the broker did not certainly store the payload; it may be published again, since the
    /// receipt id makes a second copy harmless.
    #[expect(clippy::disallowed_methods, reason = "the one place that publishes")]
    pub async fn publish(&self, route: Route, envelope: &Envelope) -> Result<(), PublishError> {
        let link = self.0.link.load_full();
        let channel = match &*link {
            Link::Down => return Err(PublishError::Unreachable),
            Link::Blocked => return Err(PublishError::Blocked),
            Link::Up(channels) => {
                let turn = self.0.next.fetch_add(1, Ordering::Relaxed) % channels.len();
                &channels[turn]
            }
        };
        let options = BasicPublishOptions {
            mandatory: true,  // an unroutable payload is returned, not confirmed and gone
            immediate: false, // not supported by RabbitMQ
        };
        let exchanged = async {
            let confirm = channel
                .basic_publish(
                    route.exchange().into(),
                    envelope.source.name().into(),
                    options,
                    &envelope.body,
                    envelope.properties(),
                )
                .await?;
            confirm.await
        };
        let limit = self.0.config.confirm_timeout;
        let confirmation = match timeout(limit, exchanged).await {
            Ok(Ok(confirmation)) => confirmation,
            Ok(Err(error)) => {
                self.0.doubt.notify_one();
                return Err(error.into());
            }
            Err(_) => return Err(PublishError::Unconfirmed(limit)),
        };
        match confirmation {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(returned)) => Err(PublishError::Returned {
                reply: returned.reply_text.to_string(),
            }),
            Confirmation::Nack(_) => Err(PublishError::Nacked),
            // Cannot be: every channel is in confirm mode. Not success, since nothing was confirmed.
            Confirmation::NotRequested => Err(PublishError::Unconfirmed(limit)),
        }
    }
}
