//! What every new connection gets: the certificate in force, and a request for the client's own.
//!
//! A change of the files is a change of pointers: no connection waits for it, and none that is open
//! notices.

use std::sync::Arc;

use arc_swap::ArcSwap;
use calseta_shared::tls::provider;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        ClientHello, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
    version::{TLS12, TLS13},
};

use super::{ClientAuth, TlsConfig, Version};

/// The certificate in force.
#[derive(Debug)]
pub(super) struct Live(ArcSwap<CertifiedKey>);

impl Live {
    pub(super) fn new(pair: Arc<CertifiedKey>) -> Self {
        Self(ArcSwap::new(pair))
    }

    pub(super) fn replace(&self, pair: Arc<CertifiedKey>) {
        self.0.store(pair);
    }
}

impl ResolvesServerCert for Live {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

/// The server's side of a handshake.
pub(super) fn server(config: &TlsConfig, live: Arc<Live>) -> Result<ServerConfig, Error> {
    let provider = provider();
    let versions: &[_] = match config.min_version {
        Version::V1_2 => &[&TLS13, &TLS12],
        Version::V1_3 => &[&TLS13],
    };
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = builder.with_protocol_versions(versions)?;
    let builder = match config.client_auth {
        ClientAuth::Off => builder.with_no_client_auth(),
        _ => builder.with_client_cert_verifier(Arc::new(Asked(provider))),
    };
    Ok(builder.with_cert_resolver(live))
}

/// Asks for a certificate and has the client prove that it holds the key. Whether the certificate is
/// good is judged at each request, where a refusal can be answered and logged.
#[derive(Debug)]
struct Asked(Arc<CryptoProvider>);

impl ClientCertVerifier for Asked {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    // No hints: the authority may change while the port is open.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
