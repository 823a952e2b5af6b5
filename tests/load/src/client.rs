//! Posts bodies to the gateway and reads its answers.
//!
//! An answer of any status is an answer; only a connection that fails is an error. Connections are
//! kept open and reused, as a load balancer before the gateway would.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    HeaderMap, Request, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde::Deserialize;
use uuid::Uuid;

use crate::sign::Proof;

/// Where alerts are posted.
pub const INGEST: &str = "/v1/ingest/elastic";
/// As long as Kibana waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway, and how this sender makes itself known to it.
#[derive(Clone, Debug)]
pub struct Client {
    http: legacy::Client<HttpConnector, Full<Bytes>>,
    gateway: Uri,
    /// The API key; none sends no `Authorization`.
    pub key: Option<String>,
    /// What proves each body.
    pub proof: Proof,
    /// The path posted to.
    pub path: String,
}

/// What the gateway answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub body: Bytes,
}

/// What a 202 says.
#[derive(Clone, Debug, Deserialize)]
pub struct Accepted {
    /// The accepted request.
    pub receipt_id: Uuid,
    /// One per document, in order.
    pub alert_uuids: Vec<Uuid>,
    /// How many alerts the body held.
    pub documents: u32,
}

/// No answer came.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The request cannot be made of what was given.
    #[error("the request cannot be made")]
    Unsendable(#[from] hyper::http::Error),
    /// No connection, or one that ended before the answer.
    #[error("the gateway cannot be reached")]
    Unreachable(#[from] legacy::Error),
    /// The answer ended in the middle.
    #[error("the answer ended in the middle")]
    Truncated(#[from] hyper::Error),
    /// Longer than Kibana would wait.
    #[error("no answer within {PATIENCE:?}")]
    Timeout,
}

impl Client {
    /// A client of the gateway at `gateway`, whose path is ignored.
    pub fn new(gateway: Uri, key: Option<String>, proof: Proof) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            http: legacy::Client::builder(TokioExecutor::new()).build(connector),
            gateway,
            key,
            proof,
            path: INGEST.into(),
        }
    }

    /// `host:port` of the gateway.
    pub fn address(&self) -> &str {
        self.gateway
            .authority()
            .map_or("", |address| address.as_str())
    }

    /// Posts one body.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post(&self, body: Bytes) -> Result<Answer, PostError> {
        let request = self.request(body)?;
        let exchange = async {
            let (head, body) = self.http.request(request).await?.into_parts();
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.collect().await?.to_bytes(),
            })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| PostError::Timeout)?
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, PostError> {
        let mut parts = self.gateway.clone().into_parts();
        parts.path_and_query = Some(self.path.parse().map_err(hyper::http::Error::from)?);
        let uri = Uri::from_parts(parts).map_err(hyper::http::Error::from)?;
        let mut request = Request::post(uri).header(CONTENT_TYPE, "application/json");
        if let Some(key) = &self.key {
            request = request.header(AUTHORIZATION, format!("Bearer {key}"));
        }
        if let Some((name, value)) = self.proof.header(&body) {
            request = request.header(name, value);
        }
        Ok(request.body(Full::new(body))?)
    }
}

impl Answer {
    /// What was accepted, when it was.
    pub fn accepted(&self) -> Option<Accepted> {
        #[derive(Deserialize)]
        struct Envelope {
            data: Accepted,
        }
        if self.status != 202 {
            return None;
        }
        let envelope: Envelope = serde_json::from_slice(&self.body).ok()?;
        Some(envelope.data)
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}
