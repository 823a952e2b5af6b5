//! What exactly is on the queue: a payload, byte for byte, and the few facts the gateway knows of it.
//!
//! The facts travel as AMQP properties and headers; their schema is versioned, and a reader refuses a
//! version it does not know instead of guessing. Nothing of the sender's credential is in it.

use bytes::Bytes;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable},
};
use uuid::Uuid;

use crate::{
    dead_letter::{Reason, UnknownReason},
    ids::ReceiptId,
    source::{Source, UnknownSource},
};

/// The version this program writes and reads.
pub const SCHEMA: i32 = 1;
const KIND: &str = "calseta.payload";
const APPLICATION: &str = "calseta-ingest";
/// AMQP delivery mode 2: written to disk.
const PERSISTENT: u8 = 2;

/// One accepted payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The accepted request; `message_id`.
    pub receipt_id: ReceiptId,
    /// Who sent it; also the routing key.
    pub source: Source,
    /// When the gateway had it whole, in milliseconds since the epoch.
    pub received_at_ms: i64,
    /// The sender's content type, as sent.
    pub content_type: Option<String>,
    /// Lookup prefix of the key that let it in.
    pub key_prefix: String,
    /// How the sender was verified.
    pub verified_by: String,
    /// W3C trace context of the request.
    pub traceparent: Option<String>,
    /// Why it is a dead letter, and a sentence on it; none on the raw queue.
    pub dead: Option<(Reason, String)>,
    /// The body as received, decompressed.
    pub body: Bytes,
}

/// The message on the queue is not one of ours, or of a version this program cannot read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvelopeError {
    /// A property or header is missing or of another kind.
    #[error("the message has no readable {0}")]
    Missing(&'static str),
    /// Written by a newer program.
    #[error(
        "the message has schema {found}, this program reads {SCHEMA}: upgrade the workers first"
    )]
    Schema {
        /// The version found.
        found: i32,
    },
    /// The source is unknown.
    #[error(transparent)]
    Source(#[from] UnknownSource),
    /// The reason is unknown.
    #[error(transparent)]
    Reason(#[from] UnknownReason),
}

impl Envelope {
    /// The AMQP properties that carry everything but the body.
    pub(crate) fn properties(&self) -> BasicProperties {
        let mut headers = FieldTable::default();
        let mut text = |name: &str, value: &str| {
            headers.insert(name.into(), AMQPValue::LongString(value.into()));
        };
        text("source", self.source.name());
        text("key_prefix", &self.key_prefix);
        text("verified_by", &self.verified_by);
        if let Some(traceparent) = &self.traceparent {
            text("traceparent", traceparent);
        }
        if let Some((reason, detail)) = &self.dead {
            text("reason", reason.name());
            text("detail", detail);
        }
        headers.insert("schema".into(), AMQPValue::LongInt(SCHEMA));
        headers.insert(
            "received_at".into(),
            AMQPValue::LongLongInt(self.received_at_ms),
        );
        let seconds = u64::try_from(self.received_at_ms / 1_000).unwrap_or_default();
        let mut text = Uuid::encode_buffer();
        let receipt_id: &str = self.receipt_id.0.hyphenated().encode_lower(&mut text);
        let properties = BasicProperties::default()
            .with_message_id(receipt_id.into())
            .with_timestamp(seconds)
            .with_app_id(APPLICATION.into())
            .with_type(KIND.into())
            .with_delivery_mode(PERSISTENT)
            .with_headers(headers);
        match &self.content_type {
            // A short string of AMQP holds 255 bytes; a longer content type says nothing more.
            Some(name) if name.len() <= 255 => properties.with_content_type(name.as_str().into()),
            _ => properties,
        }
    }

    /// Reads a message back.
    pub(crate) fn read(properties: &BasicProperties, body: Bytes) -> Result<Self, EnvelopeError> {
        let headers = Headers(properties.headers().as_ref());
        let found = headers
            .integer("schema")
            .ok_or(EnvelopeError::Missing("schema"))?;
        if found != i64::from(SCHEMA) {
            let found = i32::try_from(found).unwrap_or(i32::MAX);
            return Err(EnvelopeError::Schema { found });
        }
        let receipt = properties.message_id().as_ref();
        let receipt = receipt.and_then(|id| Uuid::parse_str(id.as_str()).ok());
        let dead = match headers.text("reason") {
            Some(reason) => Some((reason.parse()?, headers.text("detail").unwrap_or_default())),
            None if headers.text("x-first-death-reason").as_deref() == Some("delivery_limit") => {
                Some((Reason::DeliveryLimit, "redelivered too often".into()))
            }
            None => None,
        };
        Ok(Self {
            receipt_id: ReceiptId(receipt.ok_or(EnvelopeError::Missing("message_id"))?),
            source: headers
                .text("source")
                .ok_or(EnvelopeError::Missing("source"))?
                .parse()?,
            received_at_ms: headers
                .integer("received_at")
                .ok_or(EnvelopeError::Missing("received_at"))?,
            content_type: properties.content_type().as_ref().map(ToString::to_string),
            key_prefix: headers.text("key_prefix").unwrap_or_default(),
            verified_by: headers.text("verified_by").unwrap_or_default(),
            traceparent: headers.text("traceparent"),
            dead,
            body,
        })
    }
}

struct Headers<'a>(Option<&'a FieldTable>);

impl Headers<'_> {
    fn value(&self, name: &str) -> Option<&AMQPValue> {
        self.0?.inner().get(name)
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.value(name)? {
            AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into()),
            AMQPValue::ShortString(text) => Some(text.to_string()),
            _ => None,
        }
    }

    fn integer(&self, name: &str) -> Option<i64> {
        match self.value(name)? {
            AMQPValue::LongInt(number) => Some((*number).into()),
            AMQPValue::LongLongInt(number) => Some(*number),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_envelope_is_read_back_as_it_was_written(
            received_at_ms in 0..4_102_444_800_000_i64,
            content_type in proptest::option::of("[ -~]{1,60}"),
            detail in proptest::option::of(".{0,80}"),
            key_prefix in "cai_[a-zA-Z0-9_-]{8}",
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let envelope = Envelope {
                receipt_id: ReceiptId::new(),
                source: Source::Elastic,
                received_at_ms,
                content_type,
                key_prefix,
                verified_by: "hmac".into(),
                traceparent: None,
                dead: detail.map(|detail| (Reason::NotAnAlert, detail)),
                body: body.into(),
            };
            let read = Envelope::read(&envelope.properties(), envelope.body.clone());
            prop_assert_eq!(read, Ok(envelope));
        }
    }

    #[test]
    fn a_message_of_another_program_is_refused() {
        let read = Envelope::read(&BasicProperties::default(), Bytes::new());
        assert_eq!(read, Err(EnvelopeError::Missing("schema")));
    }
}
