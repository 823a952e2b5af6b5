//! The HTTP application, built without a socket, so that tests drive exactly what is served.
//!
//! Every answer carries `X-Request-Id` (the caller's own, when it is a plain one), and every path that
//! is not there answers in the error shape. Redirects are never sent: Kibana would drop the body.

use std::sync::Arc;

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
    observe::observe,
    openapi,
    publish::Lane,
    receipts::{self, ReceiptStore},
    tls::ClientCertificates,
    verify::Verifier,
};
use actix_web::{
    App, Error, HttpResponse, Resource,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{self, Data, ServiceConfig},
};
use calseta_shared::source::Source;

/// What all requests share.
pub struct Gateway {
    /// Who comes in.
    pub door: Door,
    /// Who shows a certificate.
    pub clients: Arc<ClientCertificates>,
    /// Limits of bodies.
    pub bodies: Bodies,
    /// Proof of origin.
    pub verifier: Verifier,
    /// What a body may become.
    pub inspect_limits: InspectLimits,
    /// Bytes all headers together may have.
    pub head_limit: u64,
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
    /// Who shows a certificate.
    pub clients: Arc<ClientCertificates>,
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
            clients: connections.clients,
            bodies: Bodies::new(&settings.http),
            verifier: Verifier::new(&settings.verify),
            inspect_limits: InspectLimits {
                bytes: settings.http.body_limit.as_u64(),
                documents: settings.inspect.max_documents,
            },
            head_limit: settings.http.head_limit.as_u64(),
            store: connections.store,
            receipts: connections.receipts,
            back_office: connections.back_office,
            metrics,
        }
    }
}

/// The whole application, for one thread.
pub fn build(
    gateway: Data<Gateway>,
    lane: Lane,
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
        .app_data(Data::new(lane))
        .wrap(from_fn(observe))
        .configure(ingest_routes)
        .configure(receipts::routes)
        .configure(api_keys::routes)
        .configure(back_office::routes)
        .configure(openapi::routes)
        .default_service(web::to(nothing_here))
}

/// Each known source has a path of its own, which is only compared: the pattern behind them is a search.
fn ingest_routes(config: &mut ServiceConfig) {
    for path in Source::ALL.map(|source| format!("/v1/ingest/{source}")) {
        let known = Resource::new(path)
            .route(web::post().to(ingest))
            .default_service(web::to(nothing_here));
        config.service(known);
    }
    config.service(
        web::resource("/v1/ingest/{source}")
            .route(web::post().to(ingest))
            .default_service(web::to(nothing_here)),
    );
}

/// Answers where no path or method is.
pub async fn nothing_here() -> Result<HttpResponse, Refusal> {
    Err(Refusal::new(Cause::NotFound))
}
