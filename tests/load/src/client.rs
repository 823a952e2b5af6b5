//! Posts bodies to the gateway and reads its answers.
//!
//! An answer of any status is an answer; only a connection that fails is an error. Connections are
//! kept open and reused, as a load balancer before the gateway would.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Request, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use serde::Deserialize;
use uuid::Uuid;

use crate::{connections::Connections, sign::Proof};

/// Where alerts are posted.
pub const INGEST: &str = "/v1/ingest/elastic";
/// As long as Kibana waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// A gateway, and how this sender makes itself known to it.
#[derive(Clone, Debug)]
pub struct Client {
    connections: Connections,
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
    /// No connection.
    #[error("the gateway cannot be reached")]
    Unreachable(#[from] std::io::Error),
    /// The connection ended before the whole answer was there.
    #[error("the connection to the gateway ended")]
    Ended(#[from] hyper::Error),
    /// Longer than Kibana would wait.
    #[error("no answer within {PATIENCE:?}")]
    Timeout,
}

impl Client {
    /// A client of the gateway at `gateway`, whose path is ignored.
    pub fn new(gateway: &Uri, key: Option<String>, proof: Proof) -> Self {
        let address = gateway.authority().map_or("", |address| address.as_str());
        Self {
            connections: Connections::to(address),
            key,
            proof,
            path: INGEST.into(),
        }
    }

    /// `host:port` of the gateway.
    pub fn address(&self) -> &str {
        self.connections.address()
    }

    /// Posts one body.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn post(&self, body: Bytes) -> Result<Answer, PostError> {
        let request = self.request(body)?;
        let exchange = async {
            let (head, body) = self.connections.exchange(request).await?;
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| PostError::Timeout)?
    }

    fn request(&self, body: Bytes) -> Result<Request<Full<Bytes>>, PostError> {
        let mut request = Request::post(self.path.as_str())
            .header(HOST, self.address())
            .header(CONTENT_TYPE, "application/json");
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
