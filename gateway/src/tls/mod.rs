//! The port's TLS: its certificate, replaced without a restart, and the certificates of its senders.
//!
//! One stack, rustls with ring, TLS 1.2 at least. Nothing is ever served with a key that does not
//! belong to its certificate, and no change of the files ends or refuses a connection.

mod client;
mod config;
mod files;
mod handshake;
mod names;
mod subject;
#[cfg(test)]
mod tests;
mod watch;

use std::sync::Arc;

use calseta_shared::health::Part;
use rustls::ServerConfig;

pub use client::{CertificateError, Client, ClientCertificates, Peer, remember};
pub use config::{ClientAuth, TlsConfig, Version};
pub use files::{Problem, TlsError};
pub use names::Names;
pub use subject::{Subject, SubjectError};
pub use watch::Watch;

use crate::metrics::TlsMetrics;
use files::Files;
use handshake::{Live, server};

/// A port that is ready to speak TLS.
pub struct Tls {
    /// For every new connection.
    pub server: ServerConfig,
    /// Keeps it fresh.
    pub watch: Watch,
}

impl Tls {
    /// Reads the files and prepares the port.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub fn load(
        config: &TlsConfig,
        clients: Arc<ClientCertificates>,
        metrics: TlsMetrics,
        health: Part,
    ) -> Result<Self, TlsError> {
        let files = Files::read(config)?;
        let material = files.material()?;
        let live = Arc::new(Live::new(material.pair.clone()));
        let server = server(config, live.clone());
        let server = server.map_err(|error| Problem::NoPair(error).of("tls.min_version"))?;
        let mut watch = Watch {
            config: config.clone(),
            live,
            clients,
            metrics,
            health,
            not_after: material.not_after,
            seen: files.digest(),
            refused: None,
        };
        watch.take(material);
        Ok(Self { server, watch })
    }
}

/// Checks the files without using them.
///
/// # Errors
/// When one of them cannot be used.
pub fn check(config: &TlsConfig) -> Result<(), TlsError> {
    Files::read(config)?.material().map(drop)
}
