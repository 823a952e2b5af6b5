//! One message from the broker, and the one right to acknowledge it.
//!
//! A body that cannot be read as an envelope is still a delivery: its bytes are kept, as a dead letter.

use bytes::Bytes;

use super::{
    receipt::{Channel, Receipt},
    window::Held,
};
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
    pub(super) fn read(delivery: lapin::message::Delivery, channel: &Channel, held: Held) -> Self {
        let body = Bytes::from(delivery.data);
        Self {
            envelope: Envelope::read(&delivery.properties, body.clone()),
            body,
            redelivered: delivery.redelivered,
            receipt: channel.receipt(delivery.delivery_tag, delivery.acker, held),
        }
    }
}
