//! The order of the gateway's stages, and the one place that knows it.
//!
//! A caller hears 202 only when the broker or the spool has the body. What an authenticated, verified sender gets
//! wrong is kept as a dead letter before it is told so; if it cannot be kept, it is asked to come again.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName},
    web,
};
use calseta_shared::{dead_letter, ids::ReceiptId, source::Source, telemetry};
use tokio::time::Instant;

use crate::{
    answer::Accepted,
    app::Gateway,
    error::{Cause, Refusal},
    inspect::{InspectError, InspectLimits, Inspected, inspect},
    keys::Scope,
    metrics::Outcome,
    observe::{RequestId, TRACEPARENT, note_caller},
    publish::{Facts, Lane, NotKept, keep_dead, publish},
    tls::Client,
    verify::VerifiedPayload,
};

/// Bodies above this are read on a thread of their own, so that they keep no other request waiting.
const LONG_READ: usize = 128 * 1_024;

/// `POST /v1/ingest/{source}`.
pub async fn ingest(
    request: HttpRequest,
    stream: web::Payload,
    gateway: web::Data<Gateway>,
    lane: web::Data<Lane>,
    request_id: web::ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let started = Instant::now();
    let taken = take(&request, stream, (&gateway, &lane)).await;
    let outcome = match &taken {
        Ok(taken) if taken.inspected.documents == 0 => Outcome::Empty,
        Ok(_) => Outcome::Accepted,
        Err(refusal) => Outcome::Refused(refusal.code()),
    };
    gateway.metrics.finished(outcome, started.elapsed());
    Ok(taken?.response(&request_id))
}

async fn take(
    request: &HttpRequest,
    stream: web::Payload,
    (gateway, lane): (&Gateway, &Lane),
) -> Result<Accepted, Refusal> {
    let caller = gateway.door.admit(request).await?;
    note_caller(request, &caller);
    let name = request.path().rsplit('/').next().unwrap_or_default();
    let source: Result<Source, _> = name.parse();
    let source = source.map_err(|_| Refusal::new(Cause::UnknownSource))?;
    caller.needs(Scope::AlertsWrite)?;
    caller.sends_for(source)?;
    gateway.door.spend(&caller)?;
    let body = gateway.bodies.read(request.headers(), stream).await?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let client = request.extensions().get::<Client>().cloned();
    let client = client.as_ref().map(Client::name);
    let verified = gateway
        .verifier
        .verify(request.headers(), body.bytes.clone(), client, now);
    let verified = verified.map_err(|error| {
        let address = request.peer_addr().map(|address| address.ip());
        gateway.door.failed(address).unwrap_or_else(|| error.into())
    })?;
    gateway.metrics.verified(&verified);
    let facts = Facts {
        receipt_id: ReceiptId::new(),
        source,
        received_at_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        content_type: header(request, CONTENT_TYPE),
        key_prefix: caller.prefix().to_owned(),
        traceparent: telemetry::traceparent().or_else(|| header(request, TRACEPARENT)),
    };
    let encoding = header(request, CONTENT_ENCODING);
    let inspected = match read(verified, encoding, gateway.inspect_limits).await? {
        Ok(inspected) => inspected,
        Err(error) => return Err(Box::pin(bury((gateway, lane), facts, &error)).await),
    };
    hand_over((gateway, lane), facts, inspected).await
}

/// Reads the body, a long one on a thread of its own.
async fn read(
    payload: VerifiedPayload,
    encoding: Option<String>,
    limits: InspectLimits,
) -> Result<Result<Inspected, Box<InspectError>>, Refusal> {
    let long = payload.body().len() > LONG_READ || encoding.is_some();
    let read = move || inspect(&payload, encoding.as_deref(), limits);
    if long {
        let read = web::block(read).await;
        return read.map_err(|_| Refusal::new(Cause::Internal));
    }
    Ok(read())
}

/// Publishes what was read; a body without any alert leaves nothing to publish.
async fn hand_over(
    (gateway, lane): (&Gateway, &Lane),
    facts: Facts,
    inspected: Inspected,
) -> Result<Accepted, Refusal> {
    if inspected.documents == 0 {
        return Ok(Accepted::empty(inspected));
    }
    let receipt_id = facts.receipt_id;
    let started = Instant::now();
    let published = publish(lane, facts, &inspected.payload).await;
    gateway.metrics.published(started.elapsed());
    let durability = published.map_err(|error| not_kept(receipt_id, &error))?;
    let bytes = inspected.payload.body().len();
    gateway.metrics.accepted(inspected.documents, bytes);
    Ok(Accepted::queued(receipt_id, inspected, durability))
}

/// Keeps the bytes, and names where, before the sender is told what is wrong with them.
async fn bury((gateway, lane): (&Gateway, &Lane), facts: Facts, error: &InspectError) -> Refusal {
    let refusal = Refusal::from(error);
    let Some(reason) = error.dead_letter() else {
        return refusal;
    };
    let (receipt_id, why) = (facts.receipt_id, (reason, error.detail()));
    match keep_dead(lane, facts, &error.payload, why).await {
        Ok(_) => {
            gateway.metrics.dead_letter(reason);
            let id = dead_letter::id(error.payload.body());
            refusal.detail("dead_letter_id", id.to_string())
        }
        Err(error) => not_kept(receipt_id, &error),
    }
}

fn not_kept(receipt_id: ReceiptId, error: &NotKept) -> Refusal {
    tracing::warn!(
        %receipt_id,
        error = error as &dyn std::error::Error,
        "the payload was not kept"
    );
    error.into()
}

fn header(request: &HttpRequest, name: HeaderName) -> Option<String> {
    Some(request.headers().get(name)?.to_str().ok()?.to_owned())
}
