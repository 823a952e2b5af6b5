//! One TLS stack: rustls with ring, and the system's certificates.
//!
//! Installed once a process, before the first connection that might need it.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};

/// What every TLS connection of this project computes with.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Makes ring the process's crypto provider. Later calls do nothing.
pub fn install() {
    // An error means that a provider is installed already, by an earlier call: what is wanted.
    drop(ring::default_provider().install_default());
}

/// Client settings that trust the system's certificates.
///
/// A system without any can still use plain connections; a server that asks for TLS is then refused.
pub fn client() -> rustls::ClientConfig {
    install();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth()
}
