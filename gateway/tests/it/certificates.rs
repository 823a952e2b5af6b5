//! Authorities and certificates of a test, the files of a gateway that has them, and a sender that shows one.

use std::{fs, net::SocketAddr, path::PathBuf, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use calseta_shared::tls::provider;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair,
};
use rustls::{
    ClientConfig, RootCertStore, SupportedProtocolVersion,
    client::Resumption,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::http::{Answer, read, write};

/// Who signs certificates.
pub(crate) struct Authority {
    own: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key.
pub(crate) struct Pair {
    pub(crate) certificate: CertificateDer<'static>,
    key: Vec<u8>,
}

/// What differs from an ordinary client certificate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Expired,
    NotYet,
    ForServers,
}

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let own = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Self { own, issuer }
    }

    /// A certificate of a server on this machine.
    pub(crate) fn server(&self) -> Pair {
        self.sign(&CertificateParams::new(vec!["localhost".to_owned()]).unwrap())
    }

    /// A certificate of a client of this common name.
    pub(crate) fn client(&self, name: &str, flaw: Flaw) -> Pair {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        let now = OffsetDateTime::now_utc();
        params.not_before = now - Duration::days(2);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        match flaw {
            Flaw::None => {}
            Flaw::Expired => params.not_after = now - Duration::days(1),
            Flaw::NotYet => params.not_before = now + Duration::days(1),
            Flaw::ForServers => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            }
        }
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Pair {
            certificate: certificate.der().clone(),
            key: key.serialize_der(),
        }
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {kind}-----\n{text}\n-----END {kind}-----\n")
}

/// The files of a gateway's `[tls]` section.
pub(crate) struct Files(tempfile::TempDir);

impl Files {
    /// Those of a server, and an authority of clients.
    pub(crate) fn new(server: &Pair, clients: &Authority) -> Self {
        let files = Self(tempfile::tempdir().unwrap());
        files.certificate(server);
        files.key(server);
        files.authority(clients);
        files
    }

    pub(crate) fn certificate(&self, pair: &Pair) {
        self.write("certificate", &pem("CERTIFICATE", &pair.certificate));
    }

    pub(crate) fn key(&self, pair: &Pair) {
        self.write("key", &pem("PRIVATE KEY", &pair.key));
    }

    pub(crate) fn authority(&self, authority: &Authority) {
        self.write("client_ca", &pem("CERTIFICATE", &authority.own));
    }

    /// Whole or not at all, as every careful writer does.
    fn write(&self, name: &str, text: &str) {
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A setting that names one of the files.
    pub(crate) fn setting(&self, name: &str) -> String {
        format!("{:?}", self.path(name).display().to_string())
    }
}

/// A sender that trusts an authority, and may show a certificate.
#[derive(Clone)]
pub(crate) struct Sender(TlsConnector);

impl Sender {
    pub(crate) fn new(trusts: &Authority, shows: Option<&Pair>) -> Self {
        Self::speaking(trusts, shows, rustls::ALL_VERSIONS)
    }

    pub(crate) fn speaking(
        trusts: &Authority,
        shows: Option<&Pair>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(trusts.own.clone()).unwrap();
        let config = ClientConfig::builder_with_provider(provider());
        let config = config.with_protocol_versions(versions).unwrap();
        let config = config.with_root_certificates(roots);
        let mut config = match shows {
            None => config.with_no_client_auth(),
            Some(pair) => {
                let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pair.key.clone()));
                let chain = vec![pair.certificate.clone()];
                config.with_client_auth_cert(chain, key).unwrap()
            }
        };
        // A resumed session would show the certificate of the first one.
        config.resumption = Resumption::disabled();
        Self(TlsConnector::from(Arc::new(config)))
    }

    pub(crate) async fn connect(
        &self,
        address: SocketAddr,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        let name = "localhost".try_into().unwrap();
        self.0.connect(name, stream).await
    }

    /// Posts a body on a connection of its own.
    pub(crate) async fn post(
        &self,
        address: SocketAddr,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let request = "POST /v1/ingest/elastic";
        self.send(address, request, headers, body).await
    }

    /// Sends any request on a connection of its own.
    pub(crate) async fn send(
        &self,
        address: SocketAddr,
        request: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect(address).await.unwrap();
        write(&mut stream, request, headers, body).await;
        read(&mut stream).await
    }
}
