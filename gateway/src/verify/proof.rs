//! Reads the proof from the headers and compares it. Pure: headers, bytes, secrets and a time.
//!
//! Forms are strict: `sha256=` and 64 lower-case hex digits, a timestamp of digits, a header once.

use std::{sync::Arc, time::Duration};

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Method, Verifier, secrets::Secret};
use crate::error::{Cause, Refusal};

const SIGNATURE: HeaderName = HeaderName::from_static("x-elastic-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("x-elastic-timestamp");
const SECRET: HeaderName = HeaderName::from_static("x-elastic-webhook-secret");

/// The body's origin is not proven.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum VerifyError {
    /// No header with an allowed proof.
    #[error("no allowed proof of origin was sent")]
    Missing,
    /// One header twice.
    #[error("a proof was sent more than once")]
    Repeated,
    /// Not `sha256=` and 64 lower-case hex digits.
    #[error("the signature has another form than sha256=<64 hex digits>")]
    MalformedSignature,
    /// Of another body, or made with another secret.
    #[error("the signature does not match")]
    WrongSignature,
    /// No number of seconds.
    #[error("the timestamp is no number of seconds since the epoch")]
    MalformedTimestamp,
    /// Too old, or from the future.
    #[error("the timestamp is {age:?} from now, {window:?} are allowed")]
    StaleTimestamp {
        /// How far it is from now.
        age: Duration,
        /// How far it may be.
        window: Duration,
    },
    /// Not one of the secrets.
    #[error("the webhook secret is wrong")]
    WrongSecret,
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        Self::new(match error {
            VerifyError::Missing => Cause::Unverified,
            VerifyError::Repeated => Cause::RepeatedProof,
            VerifyError::MalformedSignature => Cause::MalformedSignature,
            VerifyError::WrongSignature => Cause::WrongSignature,
            VerifyError::MalformedTimestamp => Cause::MalformedTimestamp,
            VerifyError::StaleTimestamp { .. } => Cause::StaleTimestamp,
            VerifyError::WrongSecret => Cause::WrongSecret,
        })
    }
}

/// How a body is proven, and by the secret of which name.
pub(super) type Proof<'a> = (Method, &'a Arc<str>);

impl Verifier {
    /// The proof over the body itself, if there is one.
    pub(super) fn signed(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        now: Duration,
    ) -> Result<Option<Proof<'_>>, VerifyError> {
        let signatures =
            self.allows(Method::Signature) || self.allows(Method::SignatureWithTimestamp);
        if signatures && let Some(signature) = single(headers, SIGNATURE)? {
            let timestamp = single(headers, TIMESTAMP)?;
            return self.matches(signature, timestamp, body, now).map(Some);
        }
        Ok(None)
    }

    /// The secret itself, in a header of its own or as a password.
    pub(super) fn shared(&self, headers: &HeaderMap) -> Result<Proof<'_>, VerifyError> {
        if self.allows(Method::SecretHeader)
            && let Some(sent) = single(headers, SECRET)?
        {
            return self.knows(sent.as_bytes(), Method::SecretHeader);
        }
        if self.allows(Method::Basic)
            && let Some(sent) = single(headers, AUTHORIZATION)?.and_then(password)
        {
            return self.knows(&sent, Method::Basic);
        }
        Err(VerifyError::Missing)
    }

    fn matches(
        &self,
        signature: &HeaderValue,
        timestamp: Option<&HeaderValue>,
        body: &[u8],
        now: Duration,
    ) -> Result<Proof<'_>, VerifyError> {
        let tag = tag(signature.as_bytes()).ok_or(VerifyError::MalformedSignature)?;
        let (method, secret) = if let Some(timestamp) = timestamp {
            let timestamp = timestamp.as_bytes();
            self.recent(timestamp, now)?;
            let parts = [timestamp, b".", body];
            (
                Method::SignatureWithTimestamp,
                self.find(|secret| secret.signed(&parts, &tag)),
            )
        } else {
            (
                Method::Signature,
                self.find(|secret| secret.signed(&[body], &tag)),
            )
        };
        if !self.allows(method) {
            return Err(VerifyError::Missing);
        }
        let secret = secret.ok_or(VerifyError::WrongSignature)?;
        Ok((method, secret.name()))
    }

    fn recent(&self, timestamp: &[u8], now: Duration) -> Result<(), VerifyError> {
        let digits = !timestamp.is_empty() && timestamp.iter().all(u8::is_ascii_digit);
        let text = std::str::from_utf8(timestamp).ok().filter(|_| digits);
        let seconds = text.and_then(|text| text.parse().ok());
        let at = Duration::from_secs(seconds.ok_or(VerifyError::MalformedTimestamp)?);
        let age = at.abs_diff(now);
        if age > self.window {
            let window = self.window;
            return Err(VerifyError::StaleTimestamp { age, window });
        }
        Ok(())
    }

    fn knows(&self, sent: &[u8], method: Method) -> Result<Proof<'_>, VerifyError> {
        let secret = self.find(|secret| secret.is(sent));
        Ok((method, secret.ok_or(VerifyError::WrongSecret)?.name()))
    }

    /// The secret that fits. All are tried, so that the time does not tell which one did.
    fn find(&self, fits: impl Fn(&Secret) -> bool) -> Option<&Secret> {
        let mut found = None;
        for secret in &self.secrets {
            if fits(secret) {
                found = Some(secret);
            }
        }
        found
    }
}

fn single(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, VerifyError> {
    let mut values = headers.get_all(name);
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(VerifyError::Repeated),
    }
}

/// The 32 bytes of `sha256=` and 64 lower-case hex digits.
fn tag(header: &[u8]) -> Option<[u8; 32]> {
    let (pairs, rest) = header.strip_prefix(b"sha256=")?.as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut tag = [0; 32];
    for (byte, [high, low]) in tag.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(tag)
}

fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}

/// The password of basic auth; it may hold colons, the user name may not.
fn password(header: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, credentials) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim_start_matches(' ')).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    decoded.get(colon + 1..).map(<[u8]>::to_vec)
}
