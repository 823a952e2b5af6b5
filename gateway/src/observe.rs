//! What surrounds every request: its id, its span, and the log line when it is refused.
//!
//! A head that is too large or a client that is not known gets no further. The caller's own id is used when it is a
//! plain one, so that both sides' logs can be laid beside each other.

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
    web::Data,
};
use calseta_shared::telemetry;
use rustls::pki_types::UnixTime;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    app::Gateway,
    authenticate::Caller,
    error::{Cause, Refusal},
    tls::Peer,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that a caller's own span belongs to, as W3C writes it.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What one request is called in answers, logs and traces.
#[derive(Clone, Debug)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's own, when it is short and plain, else a new one.
    fn of(headers: &HeaderMap) -> Self {
        let plain = |value: &&HeaderValue| {
            let bytes = value.as_bytes();
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (1..=128).contains(&bytes.len()) && bytes.iter().all(allowed)
        };
        if let Some(sent) = headers.get(REQUEST_ID).filter(plain) {
            return Self(sent.clone());
        }
        let mut text = Uuid::encode_buffer();
        let made = Uuid::now_v7().hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(made).unwrap_or(HeaderValue::from_static("none")))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Notes whose request it is, for its log line and its trace.
pub fn note_caller(request: &HttpRequest, caller: &Caller) {
    tracing::Span::current().record("key_prefix", caller.prefix());
    request.extensions_mut().insert(caller.clone());
}

/// The end of every refused request: one log line with what the caller is not told, and one count.
fn note(refusal: &Refusal, response: &ServiceResponse<BoxBody>, gateway: &Gateway) {
    gateway.metrics.refused(refusal.cause);
    let request = response.request();
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    let extensions = request.extensions();
    let request_id = extensions.get().map(RequestId::as_str);
    let key_prefix = extensions.get().map(Caller::prefix);
    let client_certificate = request.conn_data().map(Peer::fingerprint);
    let (cause, code) = (refusal.cause.name(), refusal.code().name());
    // Whoever is throttled must not fill the log instead.
    if refusal.cause == Cause::AddressThrottled {
        tracing::debug!(request_id, cause, code, peer, "request refused");
    } else {
        tracing::warn!(
            request_id,
            key_prefix,
            client_certificate,
            cause,
            code,
            peer,
            "request refused"
        );
    }
}

/// Gives the request its id and span, and refuses a head that is too large or a client that is not known.
///
/// The span is for traces: log lines name the request themselves, so that without traces it costs nothing.
pub async fn observe(
    gateway: Data<Gateway>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::of(request.headers());
    request.extensions_mut().insert(id.clone());
    let span = tracing::debug_span!(
        "request",
        request_id = id.as_str(),
        http.request.method = request.method().as_str(),
        http.route = request.match_pattern(),
        http.response.status_code = tracing::field::Empty,
        key_prefix = tracing::field::Empty,
        client_certificate = request.conn_data::<Peer>().map(Peer::fingerprint),
    );
    let parent = request.headers().get(TRACEPARENT);
    if let Some(parent) = parent.and_then(|v| v.to_str().ok()) {
        telemetry::link(&span, parent);
    }
    let answering = async {
        if head_size(request.headers()) > gateway.head_limit {
            let refusal =
                Refusal::new(Cause::HeadTooLarge).detail("limit_bytes", gateway.head_limit);
            return Ok(request.error_response(refusal));
        }
        match gateway.clients.check(request.conn_data(), UnixTime::now()) {
            Ok(Some(client)) => drop(request.extensions_mut().insert(client)),
            Ok(None) => {}
            Err(error) => return Ok(request.error_response(Refusal::from(error))),
        }
        let response = next.call(request).await?.map_into_boxed_body();
        Ok::<_, Error>(response)
    };
    let answering = async {
        let response = answering.await?;
        let refusal = response
            .response()
            .error()
            .and_then(Error::as_error::<Refusal>);
        if let Some(refusal) = refusal {
            note(refusal, &response, &gateway);
        }
        Ok::<_, Error>(response)
    };
    let mut response = answering.instrument(span.clone()).await?;
    span.record("http.response.status_code", response.status().as_u16());
    response.headers_mut().insert(REQUEST_ID, id.0);
    Ok(response)
}

fn head_size(headers: &HeaderMap) -> u64 {
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len());
    u64::try_from(sizes.sum::<usize>()).unwrap_or(u64::MAX)
}
