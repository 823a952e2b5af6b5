//! What the port speaks, and whom it asks for a certificate.
//!
//! Keys that only make sense together are checked together: a certificate that is asked for and
//! compared with nothing would look like protection.

use std::{path::PathBuf, time::Duration};

use calseta_shared::config::{ConfigError, List, Validate};
use serde::{Deserialize, Serialize};

use super::Subject;

/// The `[tls]` section; see the defaults for the reason of each key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained in config.default.toml")]
pub struct TlsConfig {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub min_version: Version,
    #[serde(with = "humantime_serde")]
    pub handshake_timeout: Duration,
    pub handshakes: usize,
    #[serde(with = "humantime_serde")]
    pub reload_interval: Duration,
    #[serde(with = "humantime_serde")]
    pub expiry_warning: Duration,
    pub client_auth: ClientAuth,
    pub client_ca: PathBuf,
    pub client_subjects: List<Subject>,
}

/// The oldest protocol that is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Version {
    /// TLS 1.2 and 1.3.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3 alone.
    #[serde(rename = "1.3")]
    V1_3,
}

/// Whether senders are asked for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// Nobody is asked.
    Off,
    /// Who has one shows it; who has none may prove the body in another way.
    Optional,
    /// No request without one.
    Required,
}

impl TlsConfig {
    /// Whether the port speaks TLS.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }
}

impl Validate for TlsConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let check = |holds: bool, key: &'static str, problem: &str| {
            let problem = problem.to_owned();
            let invalid = ConfigError::Invalid { key, problem };
            if holds { Ok(()) } else { Err(invalid) }
        };
        let has_key = !self.key.as_os_str().is_empty();
        let has_ca = !self.client_ca.as_os_str().is_empty();
        let asks = self.client_auth != ClientAuth::Off;
        let pair = "certificate and key belong together: set both, or none for plain HTTP";
        check(self.is_on() == has_key, "tls.key", pair)?;
        check(
            self.is_on() || !asks,
            "tls.client_auth",
            "needs tls.certificate and tls.key: plain HTTP knows no client certificate",
        )?;
        check(
            asks == has_ca,
            "tls.client_ca",
            "names who signs client certificates: set it together with tls.client_auth",
        )?;
        check(
            asks || self.client_subjects.is_empty(),
            "tls.client_subjects",
            "allows nobody while tls.client_auth is off",
        )?;
        check(self.handshakes > 0, "tls.handshakes", "must be above 0")?;
        let looks = self.reload_interval >= Duration::from_millis(100);
        check(looks, "tls.reload_interval", "must be at least 100ms")
    }
}
