//! The order of the gateway's stages, and the one place that knows it.
//!
//! A caller hears 202 only when the broker has the body. What an authenticated, verified sender gets
//! wrong is kept as a dead letter before it is told so; if it cannot be kept, it is asked to come again.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{HttpRequest, HttpResponse, http::header::CONTENT_TYPE, web};
use calseta_shared::{
    broker::PublishError,
    dead_letter::{self, Reason},
    ids::ReceiptId,
    source::Source,
    telemetry,
};
use tokio::time::Instant;

use crate::{
    answer::Accepted,
    app::{Gateway, RequestId},
    error::{Cause, Refusal},
    inspect::{InspectError, Inspected, inspect},
    keys::Scope,
    metrics::Outcome,
    publish::{Facts, keep_dead, publish},
    refuse::refuse,
    verify::VerifiedPayload,
};

/// Bodies above this are read on a thread of their own, so that they keep no other request waiting.
const LONG_READ: usize = 128 * 1_024;

/// `POST /v1/ingest/{source}`.
pub async fn ingest(
    request: HttpRequest,
    source: web::Path<String>,
    stream: web::Payload,
    gateway: web::Data<Gateway>,
    request_id: web::ReqData<RequestId>,
) -> HttpResponse {
    let started = Instant::now();
    let outcome = take(&request, &source, stream, &gateway).await;
    let (outcome, response) = match outcome {
        Ok(taken) if taken.inspected.documents == 0 => {
            (Outcome::Empty, taken.response(&request_id))
        }
        Ok(taken) => (Outcome::Accepted, taken.response(&request_id)),
        Err(refusal) => (
            Outcome::Refused(refusal.code()),
            refuse(&refusal, &request, &gateway),
        ),
    };
    gateway.metrics.finished(outcome, started.elapsed());
    response
}

async fn take(
    request: &HttpRequest,
    source: &str,
    stream: web::Payload,
    gateway: &Gateway,
) -> Result<Accepted, Refusal> {
    let caller = gateway.door.admit(request).await?;
    tracing::Span::current().record("key_prefix", caller.prefix());
    let source: Source = source
        .parse()
        .map_err(|_| Refusal::new(Cause::UnknownSource))?;
    caller.needs(Scope::AlertsWrite)?;
    caller.sends_for(source)?;
    gateway.door.spend(&caller)?;
    let body = gateway.bodies.read(request.headers(), stream).await?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let verified = gateway
        .verifier
        .verify(request.headers(), body.bytes.clone(), now);
    let verified = verified.map_err(|error| {
        let address = request.peer_addr().map(|address| address.ip());
        gateway.door.failed(address).unwrap_or_else(|| error.into())
    })?;
    gateway.metrics.verified(&verified);
    let facts = Facts {
        receipt_id: ReceiptId::new(),
        source,
        received_at_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        content_type: header(request, CONTENT_TYPE.as_str()),
        key_prefix: caller.prefix().to_owned(),
        traceparent: telemetry::traceparent().or_else(|| header(request, "traceparent")),
    };
    settle(gateway, facts, verified).await
}

/// Inspects and publishes, or keeps and refuses.
async fn settle(
    gateway: &Gateway,
    facts: Facts,
    payload: VerifiedPayload,
) -> Result<Accepted, Refusal> {
    let receipt_id = facts.receipt_id;
    let inspected = match read(&payload, gateway.max_documents).await? {
        Ok(inspected) => inspected,
        Err(error) => {
            let refusal = Refusal::from(&error);
            let Some(reason) = error.dead_letter() else {
                return Err(refusal);
            };
            let why = (reason, error.detail());
            return Err(bury(gateway, facts, &payload, why, refusal).await);
        }
    };
    if inspected.documents == 0 {
        return Ok(Accepted::empty(inspected));
    }
    let started = Instant::now();
    let published = publish(&gateway.publisher, facts, &payload).await;
    gateway.metrics.published(started.elapsed());
    let durability = published.map_err(|error| away(&error))?;
    gateway
        .metrics
        .accepted(inspected.documents, payload.body().len());
    Ok(Accepted::queued(receipt_id, inspected, durability))
}

async fn read(
    payload: &VerifiedPayload,
    max_documents: usize,
) -> Result<Result<Inspected, InspectError>, Refusal> {
    if payload.body().len() <= LONG_READ {
        return Ok(inspect(payload, max_documents));
    }
    let payload = payload.clone();
    web::block(move || inspect(&payload, max_documents))
        .await
        .map_err(|_| Refusal::new(Cause::Internal))
}

/// Keeps the bytes, and names where, before the sender is told what is wrong with them.
async fn bury(
    gateway: &Gateway,
    facts: Facts,
    payload: &VerifiedPayload,
    why: (Reason, String),
    refusal: Refusal,
) -> Refusal {
    let reason = why.0;
    match keep_dead(&gateway.publisher, facts, payload, why).await {
        Ok(_) => {
            gateway.metrics.dead_letter(reason);
            let id = dead_letter::id(payload.body());
            refusal.detail("dead_letter_id", id.to_string())
        }
        Err(error) => away(&error),
    }
}

fn away(error: &PublishError) -> Refusal {
    tracing::warn!(%error, "the payload was not confirmed");
    error.into()
}

fn header(request: &HttpRequest, name: &str) -> Option<String> {
    Some(request.headers().get(name)?.to_str().ok()?.to_owned())
}
