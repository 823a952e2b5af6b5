//! The files of the port's certificate, its key and the clients' authority, read and checked as one.
//!
//! Either all of it can be used or none is: a key that does not belong to its certificate, or an
//! authority that is no certificate, is an error that names the setting. No text holds a path's content.

use std::{fs, io, os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use calseta_shared::tls::provider;
use ring::digest::{Context, SHA256};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
    server::{VerifierBuilderError, WebPkiClientVerifier},
    sign::CertifiedKey,
};

use super::{Names, TlsConfig, client::Trust};

/// The files cannot be used.
#[derive(Debug, thiserror::Error)]
// Not as a source: its text is this error's text already.
#[error("{key}: {problem}")]
pub struct TlsError {
    /// The setting that names the file.
    pub key: &'static str,
    /// What is wrong with it.
    pub problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// It is not there, or not for us.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
    /// It has another form.
    #[error("the file is not as PEM files are: {0}")]
    NotPem(pem::Error),
    /// It has no certificate in it.
    #[error("there is no certificate in the file")]
    NoCertificate,
    /// Key and certificate are not a pair, or of a kind that is not known.
    #[error("key and certificate cannot be used together: {0}")]
    NoPair(rustls::Error),
    /// Its time is over, while the one in force may still be good.
    #[error("the certificate has expired")]
    Expired,
    /// Nobody's certificate could be verified with it.
    #[error("the authority cannot be used: {0}")]
    Authority(rustls::Error),
    /// The same, found later.
    #[error("the authority cannot be used: {0}")]
    Verifier(VerifierBuilderError),
}

/// The files as they are on disk.
pub(super) struct Files {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// What the files give.
pub(super) struct Material {
    /// For the handshake.
    pub(super) pair: Arc<CertifiedKey>,
    /// When the certificate ends, in seconds since the epoch.
    pub(super) not_after: i64,
    /// Who signs clients' certificates.
    pub(super) trust: Option<Arc<Trust>>,
}

impl Files {
    pub(super) fn read(config: &TlsConfig) -> Result<Self, TlsError> {
        let read = |key, path: &Path| {
            let content = fs::read(path);
            content.map_err(|error| Problem::Unreadable(error).of(key))
        };
        let has_ca = !config.client_ca.as_os_str().is_empty();
        let client_ca = has_ca.then(|| read("tls.client_ca", &config.client_ca));
        Ok(Self {
            certificate: read("tls.certificate", &config.certificate)?,
            key: read("tls.key", &config.key)?,
            client_ca: client_ca.transpose()?,
        })
    }

    /// By which a change is seen. Times of files are not looked at: two changes may share one second,
    /// and a mounted secret changes by a link.
    pub(super) fn digest(&self) -> [u8; 32] {
        let mut digest = Context::new(&SHA256);
        for content in [
            Some(&self.certificate),
            Some(&self.key),
            self.client_ca.as_ref(),
        ] {
            let content = content.map_or(&[][..], |content| content.as_slice());
            digest.update(&content.len().to_le_bytes());
            digest.update(content);
        }
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest.finish().as_ref());
        bytes
    }

    pub(super) fn material(&self) -> Result<Material, TlsError> {
        let chain = certificates("tls.certificate", &self.certificate)?;
        let not_after = chain.first().and_then(|first| Names::read(first));
        let not_after = not_after.ok_or(Problem::NoCertificate.of("tls.certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|error| Problem::NotPem(error).of("tls.key"))?;
        let pair = CertifiedKey::from_der(chain, key, &provider());
        Ok(Material {
            pair: Arc::new(pair.map_err(|error| Problem::NoPair(error).of("tls.key"))?),
            not_after: not_after.not_after,
            trust: self.client_ca.as_deref().map(trust).transpose()?,
        })
    }
}

impl Problem {
    pub(super) fn of(self, key: &'static str) -> TlsError {
        TlsError { key, problem: self }
    }
}

fn certificates(key: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if all.is_empty() => Err(Problem::NoCertificate.of(key)),
        Ok(all) => Ok(all),
        Err(error) => Err(Problem::NotPem(error).of(key)),
    }
}

fn trust(pem: &[u8]) -> Result<Arc<Trust>, TlsError> {
    let key = "tls.client_ca";
    let mut roots = RootCertStore::empty();
    for authority in certificates(key, pem)? {
        let added = roots.add(authority);
        added.map_err(|error| Problem::Authority(error).of(key))?;
    }
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
    let verifier = verifier.build();
    Ok(Arc::new(Trust::new(
        verifier.map_err(|error| Problem::Verifier(error).of(key))?,
    )))
}

/// Says so when others on the machine can read the private key.
pub(super) fn warn_of_open_key(config: &TlsConfig) {
    let mode = fs::metadata(&config.key).map(|file| file.permissions().mode());
    if mode.is_ok_and(|mode| mode & 0o077 != 0) {
        tracing::warn!(
            "tls.key can be read by others than its owner: take their rights away, chmod 600"
        );
    }
}
