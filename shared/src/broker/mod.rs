//! RabbitMQ, supervised by our own code: connections that come back, publishes that are confirmed.
//!
//! A connection for publishing and another for consuming, since a blocked connection stops all of its
//! writes, acks too. Every reconnect declares the topology and sets the prefetch again.

mod backoff;
mod connection;
mod consumer;
mod delivery;
mod publisher;
mod receipt;
mod supervisor;
mod window;

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use backoff::Backoff;
pub use connection::BrokerError;
pub use consumer::{Consumer, ConsumerConfig};
pub use delivery::Delivery;
pub use publisher::{PublishError, Publisher, PublisherConfig, Route};
pub use receipt::{Acknowledged, Receipt};

use crate::config::hidden;

/// How to reach RabbitMQ.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BrokerConfig {
    /// `amqp://user:password@host:port/vhost`, or `amqps://`.
    #[serde(serialize_with = "hidden")]
    pub url: SecretString,
    /// How long a connection attempt may take.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// Silence after which the connection is held to be dead; whole seconds.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// First wait between two attempts to connect.
    #[serde(with = "humantime_serde")]
    pub backoff_min: Duration,
    /// Longest wait between two attempts to connect.
    #[serde(with = "humantime_serde")]
    pub backoff_max: Duration,
}
