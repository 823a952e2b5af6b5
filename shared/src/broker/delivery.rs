//! One message from the broker, and the one right to acknowledge it.
//!
//! A delivery is acknowledged over the channel it came by; one of a connection that ended comes again by the next.

use bytes::Bytes;
use lapin::{Acker, options::BasicAckOptions};

use super::window::Held;
use crate::envelope::{Envelope, EnvelopeError};

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

impl Delivery {
    pub(super) fn read(delivery: lapin::message::Delivery, held: Held) -> Self {
        let body = Bytes::from(delivery.data);
        Self {
            envelope: Envelope::read(&delivery.properties, body.clone()),
            body,
            redelivered: delivery.redelivered,
            receipt: Receipt {
                acker: delivery.acker,
                _held: held,
            },
        }
    }
}

/// The right to acknowledge one delivery; its body counts as held until then.
#[derive(Debug)]
pub struct Receipt {
    acker: Acker,
    _held: Held,
}

/// The acknowledgment did not go out; the delivery comes again.
#[derive(Debug, thiserror::Error)]
pub enum AckError {
    /// The channel it came by is gone.
    #[error("the channel of the delivery is closed, it will be redelivered")]
    Stale,
    /// The connection ended in the middle.
    #[error("the acknowledgment did not reach the broker")]
    Broker(#[from] lapin::Error),
}

impl Receipt {
    /// Tells the broker that the delivery is done with.
    ///
    /// # Errors
    /// When the channel is gone: the broker will deliver again.
    #[expect(
        clippy::disallowed_methods,
        reason = "settle's only door to the broker"
    )]
    pub async fn ack(self) -> Result<(), AckError> {
        let options = BasicAckOptions { multiple: false };
        if self.acker.ack(options).await? {
            Ok(())
        } else {
            Err(AckError::Stale)
        }
    }
}
