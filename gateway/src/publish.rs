//! Hands a verified payload to the broker and waits until it has it: the only way out of the gateway.
//!
//! What is refused is kept the same way, as a dead letter with its reason. Anything but a confirm is
//! an error, and the caller is asked to come again: a second copy does no harm.

use calseta_shared::{
    broker::{PublishError, Publisher, Route},
    dead_letter::Reason,
    envelope::Envelope,
    ids::ReceiptId,
    source::Source,
};

use crate::{
    error::{Cause, Refusal},
    verify::VerifiedPayload,
};

/// Whole seconds: Kibana tries three times at most, and a broker needs a moment to come back.
const RETRY_AFTER_S: u64 = 30;

/// What is known of a request besides its body.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The request, accepted.
    pub receipt_id: ReceiptId,
    /// Who sent it.
    pub source: Source,
    /// When the body was there, in milliseconds since the epoch.
    pub received_at_ms: i64,
    /// As sent.
    pub content_type: Option<String>,
    /// Lookup prefix of the key.
    pub key_prefix: String,
    /// W3C trace context.
    pub traceparent: Option<String>,
}

/// What has the payload when the caller is told so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The broker confirmed it.
    Broker,
}

impl Durability {
    /// The value of `X-Calseta-Durability`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
        }
    }
}

impl From<&PublishError> for Refusal {
    fn from(_: &PublishError) -> Self {
        Self::new(Cause::BrokerAway).retry_after(RETRY_AFTER_S)
    }
}

/// Publishes a payload to be normalized.
///
/// # Errors
/// Whenever the broker does not certainly have it.
pub async fn publish(
    publisher: &Publisher,
    facts: Facts,
    payload: &VerifiedPayload,
) -> Result<Durability, PublishError> {
    send(publisher, Route::Raw, &facts.envelope(payload, None)).await
}

/// Keeps a payload that was refused.
///
/// # Errors
/// Whenever the broker does not certainly have it.
pub async fn keep_dead(
    publisher: &Publisher,
    facts: Facts,
    payload: &VerifiedPayload,
    why: (Reason, String),
) -> Result<Durability, PublishError> {
    send(publisher, Route::Dead, &facts.envelope(payload, Some(why))).await
}

#[expect(clippy::disallowed_methods, reason = "the gateway's one place")]
async fn send(
    publisher: &Publisher,
    route: Route,
    envelope: &Envelope,
) -> Result<Durability, PublishError> {
    publisher.publish(route, envelope).await?;
    Ok(Durability::Broker)
}

impl Facts {
    fn envelope(self, payload: &VerifiedPayload, dead: Option<(Reason, String)>) -> Envelope {
        Envelope {
            receipt_id: self.receipt_id,
            source: self.source,
            received_at_ms: self.received_at_ms,
            content_type: self.content_type,
            key_prefix: self.key_prefix,
            verified_by: payload.method().name().into(),
            traceparent: self.traceparent,
            dead,
            body: payload.body().clone(),
        }
    }
}
