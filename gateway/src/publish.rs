//! Hands a verified payload to the broker, or to the spool while the broker does not take it: the only
//! way out of the gateway.
//!
//! What is refused is kept the same way, as a dead letter with its reason. Anything but a confirm or a
//! synced spool is an error, and the caller is asked to come again: a second copy does no harm.

mod circuit;
mod lane;

use std::{sync::Arc, time::Duration};

use crate::{
    error::{Cause, Refusal},
    spool::{Failure, Outlet, Spool, SpoolError},
    verify::VerifiedPayload,
};
use calseta_shared::{
    broker::{PublishError, Publisher, Route},
    dead_letter::Reason,
    envelope::Envelope,
    ids::ReceiptId,
    source::Source,
};
use circuit::Circuit;

pub use lane::Lane;

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
    /// It is synced to the gateway's own disk, and goes to the broker later.
    Spool,
}

impl Durability {
    /// The value of `X-Calseta-Durability`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Broker => "broker",
            Self::Spool => "spool",
        }
    }
}

/// Neither the broker nor the spool certainly has the payload.
#[derive(Debug, thiserror::Error)]
pub enum NotKept {
    /// There is no spool.
    #[error("the broker does not have the payload, and there is no spool")]
    NoSpool(#[source] PublishError),
    /// The spool did not take it either.
    #[error("the broker does not have the payload ({broker}), nor does the spool")]
    Spool {
        /// What the broker did.
        broker: PublishError,
        /// What the spool did.
        #[source]
        source: SpoolError,
    },
}

impl From<&NotKept> for Refusal {
    fn from(error: &NotKept) -> Self {
        let cause = match error {
            NotKept::NoSpool(_) => Cause::BrokerAway,
            NotKept::Spool { source, .. } => match source {
                SpoolError::Full { .. } => Cause::SpoolFull,
                _ => Cause::SpoolAway,
            },
        };
        Self::new(cause).retry_after(RETRY_AFTER_S)
    }
}

/// Publishes a payload to be normalized.
///
/// # Errors
/// Whenever neither broker nor spool certainly has it.
pub fn publish<'l>(
    lane: &'l Lane,
    facts: Facts,
    payload: &VerifiedPayload,
) -> impl Future<Output = Result<Durability, NotKept>> + use<'l> {
    lane.keep(Route::Raw, Arc::new(facts.envelope(payload, None)))
}

/// Keeps a payload that was refused.
///
/// # Errors
/// Whenever neither broker nor spool certainly has it.
pub fn keep_dead<'l>(
    lane: &'l Lane,
    facts: Facts,
    payload: &VerifiedPayload,
    why: (Reason, String),
) -> impl Future<Output = Result<Durability, NotKept>> + use<'l> {
    lane.keep(Route::Dead, Arc::new(facts.envelope(payload, Some(why))))
}

/// The broker and, behind it, the spool.
#[derive(Clone)]
pub struct Outbox {
    publisher: Publisher,
    spool: Option<Spool>,
    /// How long live traffic waits for the broker when there is a spool.
    after: Duration,
    circuit: Arc<Circuit>,
}

impl Outbox {
    /// Without a spool, a publish waits for as long as the publisher lets it.
    pub fn new(publisher: Publisher, spool: Option<Spool>, after: Duration) -> Self {
        let circuit = Arc::default();
        Self {
            publisher,
            spool,
            after,
            circuit,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the gateway's one place")]
    async fn send(&self, route: Route, envelope: &Envelope) -> Result<(), PublishError> {
        self.publisher.publish(route, envelope).await?;
        self.circuit.confirmed();
        Ok(())
    }
}

impl Outlet for Outbox {
    async fn publish(&self, route: Route, envelope: &Envelope) -> Result<(), Failure> {
        let Err(error) = self.send(route, envelope).await else {
            return Ok(());
        };
        tracing::debug!(%error, receipt_id = %envelope.receipt_id, "a payload of the spool was not confirmed");
        Err(match error {
            PublishError::Nacked | PublishError::Returned { .. } => Failure::Refused,
            PublishError::Ended(_) => Failure::Ended,
            PublishError::Unreachable | PublishError::Blocked | PublishError::Unconfirmed(_) => {
                Failure::Away
            }
        })
    }
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
