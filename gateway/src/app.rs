//! The HTTP application, built without a socket, so that tests drive exactly what is served.
//!
//! Every answer carries `X-Request-Id` (the caller's own, when it is a plain one), and every path that
//! is not there answers in the error shape. Redirects are never sent: Kibana would drop the body.

use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    web::{self, Data},
};
use calseta_shared::telemetry;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    api_keys,
    authenticate::Door,
    back_office::{self, BackOffice},
    body::Bodies,
    config::Settings,
    error::{Cause, Refusal},
    ingest::ingest,
    inspect::InspectLimits,
    keys::{KeyStore, Keys},
    metrics::Metrics,
    publish::Outbox,
    receipts::{self, ReceiptStore},
    verify::Verifier,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What all requests share.
pub struct Gateway {
    /// Who comes in.
    pub door: Door,
    /// Limits of bodies.
    pub bodies: Bodies,
    /// Proof of origin.
    pub verifier: Verifier,
    /// What a body may become.
    pub inspect_limits: InspectLimits,
    /// Bytes all headers together may have.
    pub head_limit: u64,
    /// The way out.
    pub outbox: Outbox,
    /// What is counted.
    pub metrics: Metrics,
    /// The keys' own store, when it is the database.
    pub store: Option<KeyStore>,
    /// What became of requests, when there is a database.
    pub receipts: Option<ReceiptStore>,
    /// What admins do, when there is a database.
    pub back_office: Option<BackOffice>,
}

/// What a gateway is connected to.
pub struct Connections {
    /// The keys in memory.
    pub keys: Keys,
    /// The way out.
    pub outbox: Outbox,
    /// The keys' own store, when it is the database.
    pub store: Option<KeyStore>,
    /// What became of requests, when there is a database.
    pub receipts: Option<ReceiptStore>,
    /// What admins do, when there is a database.
    pub back_office: Option<BackOffice>,
}

impl Gateway {
    /// A gateway of these settings.
    pub fn new(settings: &Settings, connections: Connections, metrics: Metrics) -> Self {
        Self {
            door: Door::new(connections.keys, &settings.authenticate),
            bodies: Bodies::new(&settings.http),
            verifier: Verifier::new(&settings.verify),
            inspect_limits: InspectLimits {
                bytes: settings.http.body_limit.as_u64(),
                documents: settings.inspect.max_documents,
            },
            head_limit: settings.http.head_limit.as_u64(),
            outbox: connections.outbox,
            store: connections.store,
            receipts: connections.receipts,
            back_office: connections.back_office,
            metrics,
        }
    }
}

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
        let made = Uuid::now_v7().to_string();
        Self(HeaderValue::from_str(&made).unwrap_or(HeaderValue::from_static("none")))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// The lookup prefix of the key that a request came with.
#[derive(Clone, Debug)]
pub struct KeyPrefix(String);

impl KeyPrefix {
    /// Notes it for the log and the trace of its request.
    pub fn note(request: &HttpRequest, prefix: &str) {
        tracing::Span::current().record("key_prefix", prefix);
        request.extensions_mut().insert(Self(prefix.to_owned()));
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The whole application.
pub fn build(
    gateway: Data<Gateway>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(gateway)
        .wrap(from_fn(observe))
        .service(
            web::resource("/v1/ingest/{source}")
                .route(web::post().to(ingest))
                .default_service(web::to(nothing_here)),
        )
        .configure(receipts::routes)
        .configure(api_keys::routes)
        .configure(back_office::routes)
        .default_service(web::to(nothing_here))
}

/// Answers where no path or method is.
pub async fn nothing_here() -> Result<HttpResponse, Refusal> {
    Err(Refusal::new(Cause::NotFound))
}

/// The end of every refused request: one log line with what the caller is not told, and one count.
fn note(refusal: &Refusal, response: &ServiceResponse<BoxBody>, gateway: &Gateway) {
    gateway.metrics.refused(refusal.cause);
    let request = response.request();
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    let extensions = request.extensions();
    let request_id = extensions.get().map(RequestId::as_str);
    let key_prefix = extensions.get().map(KeyPrefix::as_str);
    let (cause, code) = (refusal.cause.name(), refusal.code().name());
    // Whoever is throttled must not fill the log instead.
    if refusal.cause == Cause::AddressThrottled {
        tracing::debug!(request_id, cause, code, peer, "request refused");
    } else {
        tracing::warn!(request_id, key_prefix, cause, code, peer, "request refused");
    }
}

/// Gives the request its id and span, and refuses a head that is too large.
///
/// The span is for traces: log lines name the request themselves, so that without traces it costs nothing.
async fn observe(
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
    );
    let parent = request.headers().get("traceparent");
    if let Some(parent) = parent.and_then(|v| v.to_str().ok()) {
        telemetry::link(&span, parent);
    }
    let answering = async {
        if head_size(request.headers()) > gateway.head_limit {
            let refusal =
                Refusal::new(Cause::HeadTooLarge).detail("limit_bytes", gateway.head_limit);
            return Ok(request.error_response(refusal));
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
