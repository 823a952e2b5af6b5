//! Whose certificate a connection showed, and whether it may send.
//!
//! The handshake only proves that the client has the key of its certificate. Whether the certificate
//! is good is judged here, so that a refusal is an answer with a code and a line in the log, and not a
//! broken connection. A verdict holds for its connection until the authority changes or the
//! certificate ends: what is taken away is refused at the very next request.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{dev::Extensions, rt::net::TcpStream};
use arc_swap::ArcSwapOption;
use ring::digest::{SHA256, digest};
use rustls::{
    CertificateError as Invalid, Error,
    pki_types::{CertificateDer, UnixTime},
    server::danger::ClientCertVerifier,
};

use super::{ClientAuth, Names, Subject, TlsConfig};
use crate::error::{Cause, Refusal};

/// The client's certificate does not let it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// None was shown.
    #[error("no client certificate was shown")]
    Missing,
    /// Not of our authority, not for clients, or broken.
    #[error("the client certificate cannot be verified")]
    Untrusted,
    /// Its time is over, or yet to come.
    #[error("the client certificate is not valid at this time")]
    Expired,
    /// Verified, but of nobody on the list.
    #[error("the client certificate is of nobody who is allowed")]
    NotAllowed,
}

impl From<CertificateError> for Refusal {
    fn from(error: CertificateError) -> Self {
        Self::new(match error {
            CertificateError::Missing => Cause::CertificateMissing,
            CertificateError::Untrusted => Cause::CertificateUntrusted,
            CertificateError::Expired => Cause::CertificateExpired,
            CertificateError::NotAllowed => Cause::CertificateNotAllowed,
        })
    }
}

/// An authority's verifier. Its address is what tells it from the next one.
#[derive(Debug)]
pub(super) struct Trust(Arc<dyn ClientCertVerifier>);

impl Trust {
    pub(super) fn new(verifier: Arc<dyn ClientCertVerifier>) -> Self {
        Self(verifier)
    }
}

/// A client that is verified and allowed.
#[derive(Clone, Debug)]
pub struct Client {
    name: Arc<str>,
    not_after: i64,
}

impl Client {
    /// The entry of the allow-list that let it in; empty when there is no list.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }
}

/// Who is asked for a certificate, and whose is accepted.
#[derive(Debug)]
pub struct ClientCertificates {
    mode: ClientAuth,
    subjects: Vec<(Subject, Arc<str>)>,
    trust: ArcSwapOption<Trust>,
}

impl ClientCertificates {
    /// By these settings; the authority comes with the files.
    pub fn new(config: &TlsConfig) -> Self {
        let subjects = config.client_subjects.iter();
        Self {
            mode: config.client_auth,
            subjects: subjects
                .map(|one| (one.clone(), one.name().into()))
                .collect(),
            trust: ArcSwapOption::empty(),
        }
    }

    pub(super) fn replace(&self, trust: Option<Arc<Trust>>) {
        self.trust.store(trust);
    }

    /// The client of a request, if it has to have or shows a certificate.
    ///
    /// # Errors
    /// When one is required and missing, or the one that was shown is not good.
    pub fn check(
        &self,
        peer: Option<&Peer>,
        now: UnixTime,
    ) -> Result<Option<Client>, CertificateError> {
        match peer {
            _ if self.mode == ClientAuth::Off => Ok(None),
            Some(peer) => peer.verdict(self, now).map(Some),
            None if self.mode == ClientAuth::Optional => Ok(None),
            None => Err(CertificateError::Missing),
        }
    }

    fn judge(
        &self,
        trust: &Trust,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<Client, CertificateError> {
        let (own, above) = chain.split_first().ok_or(CertificateError::Untrusted)?;
        let verified = trust.0.verify_client_cert(own, above, now);
        verified.map_err(|error| match error {
            Error::InvalidCertificate(
                Invalid::Expired
                | Invalid::ExpiredContext { .. }
                | Invalid::NotValidYet
                | Invalid::NotValidYetContext { .. },
            ) => CertificateError::Expired,
            _ => CertificateError::Untrusted,
        })?;
        let names = Names::read(own).ok_or(CertificateError::Untrusted)?;
        let mut subjects = self.subjects.iter();
        let name = match subjects.find(|(subject, _)| subject.is_one_of(&names)) {
            Some((_, name)) => name.clone(),
            None if self.subjects.is_empty() => "".into(),
            None => return Err(CertificateError::NotAllowed),
        };
        let not_after = names.not_after;
        Ok(Client { name, not_after })
    }
}

/// What a connection's client showed.
pub struct Peer {
    chain: Vec<CertificateDer<'static>>,
    fingerprint: String,
    judged: Mutex<Option<Judged>>,
}

struct Judged {
    by: Arc<Trust>,
    verdict: Result<Client, CertificateError>,
}

impl Peer {
    fn new(chain: &[CertificateDer<'static>]) -> Option<Self> {
        let digest = digest(&SHA256, chain.first()?);
        let start: &[u8; 8] = digest.as_ref().first_chunk()?;
        Some(Self {
            chain: chain.to_vec(),
            fingerprint: start.map(|byte| format!("{byte:02x}")).concat(),
            judged: Mutex::new(None),
        })
    }

    /// The beginning of the certificate's SHA-256, by which an operator finds it.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    fn verdict(&self, all: &ClientCertificates, now: UnixTime) -> Result<Client, CertificateError> {
        let trust = all.trust.load_full().ok_or(CertificateError::Untrusted)?;
        let mut judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let holds = |judged: &Judged| {
            let ends = judged
                .verdict
                .as_ref()
                .map_or(i64::MAX, |client| client.not_after);
            Arc::ptr_eq(&judged.by, &trust) && seconds <= ends
        };
        if let Some(judged) = judged.as_ref().filter(|judged| holds(judged)) {
            return judged.verdict.clone();
        }
        let verdict = all.judge(&trust, &self.chain, now);
        let by = trust;
        judged.insert(Judged { by, verdict }).verdict.clone()
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Peer({})", self.fingerprint)
    }
}

/// Keeps what the client showed with its connection, once its handshake is done.
pub fn remember(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<TlsStream<TcpStream>>();
    let chain = stream.and_then(|stream| stream.get_ref().1.peer_certificates());
    if let Some(peer) = chain.and_then(Peer::new) {
        data.insert(peer);
    }
}
