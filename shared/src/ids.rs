//! The ids an accepted request gives: its receipt, and the uuid of every alert in it.
//!
//! Both are computed, never looked up: a redelivery of the same message makes the same ids, so the
//! second copy is recognized by its key. All of one receipt share its time, in the first 48 bits.

use std::fmt;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

/// One accepted request: a UUIDv7 made at the door, and the AMQP `message_id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReceiptId(pub Uuid);

impl ReceiptId {
    /// A new id whose time is now.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The uuid of the `position`-th alert of this request, counted from 0.
    ///
    /// Position 0 is the receipt id itself; the others keep its first 48 bits (milliseconds since
    /// the epoch) and take the rest from a SHA-256 of receipt and position.
    pub fn alert_uuid(self, position: u32) -> Uuid {
        if position == 0 {
            return self.0;
        }
        let mut hash = Context::new(&SHA256);
        hash.update(self.0.as_bytes());
        hash.update(&position.to_be_bytes());
        let mut bytes = *self.0.as_bytes();
        bytes[6..].copy_from_slice(&hash.finish().as_ref()[..10]);
        Builder::from_bytes(bytes)
            .with_version(uuid::Version::SortRand)
            .with_variant(uuid::Variant::RFC4122)
            .into_uuid()
    }
}

impl Default for ReceiptId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for ReceiptId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_alert_of_a_request_has_the_receipts_own_id() {
        let receipt = ReceiptId::new();
        assert_eq!(receipt.alert_uuid(0), receipt.0);
    }

    #[test]
    fn every_alert_uuid_is_a_version_7_with_the_receipts_time_and_is_made_again_the_same() {
        let receipt = ReceiptId::new();
        let mut seen = std::collections::HashSet::new();
        for position in 0..1_000 {
            let uuid = receipt.alert_uuid(position);
            assert_eq!(uuid.get_version_num(), 7);
            assert_eq!(uuid.as_bytes()[..6], receipt.0.as_bytes()[..6]);
            assert_eq!(uuid, receipt.alert_uuid(position));
            assert!(seen.insert(uuid), "position {position} repeats an uuid");
        }
    }
}
