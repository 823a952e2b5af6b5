//! One AMQP connection: made with every wait bounded, topology declared, and watched until it ends.
//!
//! lapin's own recovery stays off: what is in flight when a connection ends must be known to be unknown.

use futures_util::{Stream, StreamExt};
use lapin::{Connection, ConnectionProperties, Event, uri::AMQPUri};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::BrokerConfig;
use crate::{
    tls,
    topology::{self, TopologyConfig},
};

/// The broker cannot be used now. The URL is never part of the text.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// The URL is empty.
    #[error("broker.url is not set: set AMQP_URL=amqp://user:password@host:5672/vhost")]
    UrlMissing,
    /// The URL is not one.
    #[error("broker.url cannot be read: {detail}")]
    UrlUnreadable {
        /// What the parser missed.
        detail: String,
    },
    /// No connection in time.
    #[error("the broker did not answer within {0:?}")]
    Timeout(std::time::Duration),
    /// Refused by the network or the broker.
    #[error("the broker refused {operation}")]
    Refused {
        /// What was asked.
        operation: &'static str,
        /// What it said.
        #[source]
        source: lapin::Error,
    },
}

impl BrokerConfig {
    fn address(&self) -> Result<AMQPUri, BrokerError> {
        let url = self.url.expose_secret();
        if url.is_empty() {
            return Err(BrokerError::UrlMissing);
        }
        let mut address: AMQPUri = url
            .parse()
            .map_err(|detail| BrokerError::UrlUnreadable { detail })?;
        let seconds = u16::try_from(self.heartbeat.as_secs()).unwrap_or(u16::MAX);
        address.query.heartbeat = Some(seconds);
        Ok(address)
    }

    /// Fails early on a URL that can never work.
    ///
    /// # Errors
    /// When the URL is missing or cannot be read.
    pub fn check(&self) -> Result<(), BrokerError> {
        self.address().map(|_| ())
    }
}

/// Connects and declares the topology; `name` is shown by the broker's own tools.
pub(super) async fn open(
    config: &BrokerConfig,
    topology: &TopologyConfig,
    name: &str,
) -> Result<Connection, BrokerError> {
    let address = config.address()?;
    tls::install();
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let opening = async {
        let connection = Connection::connect_uri(address, properties)
            .await
            .map_err(refused("the connection"))?;
        let channel = connection
            .create_channel()
            .await
            .map_err(refused("a channel"))?;
        topology::declare(&channel, topology)
            .await
            .map_err(refused("the topology"))?;
        channel
            .close(200, "topology declared".into())
            .await
            .map_err(refused("closing a channel"))?;
        Ok(connection)
    };
    timeout(config.connect_timeout, opening)
        .await
        .map_err(|_| BrokerError::Timeout(config.connect_timeout))?
}

pub(super) fn refused(operation: &'static str) -> impl FnOnce(lapin::Error) -> BrokerError {
    move |source| BrokerError::Refused { operation, source }
}

/// The whole chain of an error in one line, for logs and `/readyz`.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What the broker told about a connection.
pub(super) enum Notice {
    Blocked(String),
    Unblocked,
    Ended(String),
}

/// The next notice that matters; waits for as long as nothing happens.
pub(super) async fn next_notice(events: &mut (impl Stream<Item = Event> + Unpin)) -> Notice {
    while let Some(event) = events.next().await {
        match event {
            Event::ConnectionBlocked(reason) => return Notice::Blocked(reason),
            Event::ConnectionUnblocked => return Notice::Unblocked,
            Event::Error(error) => return Notice::Ended(error.to_string()),
            _ => {}
        }
    }
    Notice::Ended("the connection is gone".into())
}
