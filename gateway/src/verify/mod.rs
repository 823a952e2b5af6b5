//! That the body comes from Elastic, by a secret both know, over the exact bytes received.
//!
//! Nothing is parsed or decompressed before. Comparisons take the same time whatever differs. The
//! strongest proof that is sent decides: a wrong signature is not mended by a right certificate or
//! password. Only this module makes a [`VerifiedPayload`], and nothing else can be published.

mod payload;
mod proof;
mod secrets;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use actix_web::http::header::HeaderMap;
use bytes::Bytes;
use calseta_shared::config::{ConfigError, List, Validate, hidden};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

pub use payload::{EncodingError, VerifiedPayload};
pub use proof::VerifyError;
pub use secrets::{NamedSecrets, is_equal};

/// What counts as proof.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyConfig {
    /// The secret; empty for none.
    #[serde(serialize_with = "hidden")]
    pub secret: SecretString,
    /// More secrets that are live at the same time.
    pub secrets: NamedSecrets,
    /// What is accepted.
    pub methods: List<Method>,
    /// How far a signed timestamp may be from now.
    #[serde(with = "humantime_serde")]
    pub timestamp_window: Duration,
}

/// A kind of proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `X-Elastic-Signature` over the body.
    Signature,
    /// `X-Elastic-Signature` over `timestamp.body`.
    SignatureWithTimestamp,
    /// `X-Elastic-Webhook-Secret`.
    SecretHeader,
    /// The TLS client certificate of the connection.
    ClientCertificate,
    /// Basic auth with the secret as password.
    Basic,
    /// No secret is configured: everything passes.
    None,
}

impl Method {
    /// The name on the envelope and in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::SignatureWithTimestamp => "signature_with_timestamp",
            Self::SecretHeader => "secret_header",
            Self::ClientCertificate => "client_certificate",
            Self::Basic => "basic",
            Self::None => "none",
        }
    }
}

impl Validate for VerifyConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let invalid = |key, problem: &str| {
            Err(ConfigError::Invalid {
                key,
                problem: problem.into(),
            })
        };
        if self.methods.contains(&Method::None) {
            return invalid(
                "verify.methods",
                "none is no method: leave verify.secret empty to let everything pass",
            );
        }
        if self.methods.is_empty() && !self.live().is_empty() {
            return invalid(
                "verify.methods",
                "names no method, so that nothing could ever be verified",
            );
        }
        Ok(())
    }
}

impl VerifyConfig {
    fn live(&self) -> Vec<secrets::Secret> {
        secrets::live(&self.secret, &self.secrets)
    }
}

/// Ready to verify, with every secret prepared.
#[derive(Debug)]
pub struct Verifier {
    secrets: Vec<secrets::Secret>,
    methods: Vec<Method>,
    window: Duration,
}

impl Verifier {
    /// Prepares the secrets once, so that a request costs only its own hash.
    pub fn new(config: &VerifyConfig) -> Self {
        Self {
            secrets: config.live(),
            methods: config.methods.to_vec(),
            window: config.timestamp_window,
        }
    }

    /// Whether anything is verified at all.
    pub fn is_open(&self) -> bool {
        self.secrets.is_empty() && !self.allows(Method::ClientCertificate)
    }

    /// Names of secrets that are short enough to be guessed.
    pub fn weak_secrets(&self) -> impl Iterator<Item = &str> {
        let weak = self.secrets.iter().filter(|secret| secret.is_weak());
        weak.map(|secret| &**secret.name())
    }

    /// Verifies the exact bytes received. `client` is the name of a verified client certificate, `now`
    /// the time since the epoch.
    ///
    /// # Errors
    /// When no allowed proof was sent, or the one that was sent is wrong.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        body: Bytes,
        client: Option<&Arc<str>>,
        now: Duration,
    ) -> Result<VerifiedPayload, VerifyError> {
        if self.is_open() {
            return Ok(VerifiedPayload::new(body, Method::None, Arc::default()));
        }
        let (method, secret) = match (self.signed(headers, &body, now)?, client) {
            (Some(proof), _) => proof,
            (None, Some(name)) if self.allows(Method::ClientCertificate) => {
                (Method::ClientCertificate, name)
            }
            (None, _) => self.shared(headers)?,
        };
        Ok(VerifiedPayload::new(body, method, secret.clone()))
    }

    fn allows(&self, method: Method) -> bool {
        self.methods.contains(&method)
    }
}
