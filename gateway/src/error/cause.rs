//! Why a request was refused, for the log and the metrics: finer than what the caller is told.
//!
//! Closed, so that a label of a metric is bounded. Each cause leads to exactly one code.

use super::Code;

/// One reason to refuse a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// No key was sent.
    NoCredential,
    /// What was sent is no key.
    MalformedCredential,
    /// A credential was sent more than once, and differs.
    RepeatedCredential,
    /// No key has this hash.
    UnknownKey,
    /// The key was revoked.
    KeyRevoked,
    /// The key's time is over.
    KeyExpired,
    /// The key has not the scope.
    MissingScope,
    /// The key is not for this source.
    SourceNotAllowed,
    /// The gateway has not seen its keys yet.
    KeysNotLoaded,
    /// The address sent too many wrong credentials.
    AddressThrottled,
    /// The key is over its rate.
    KeyRateLimited,
    /// No such source.
    UnknownSource,
    /// No such path, key or receipt.
    NotFound,
    /// No allowed proof of origin was sent.
    Unverified,
    /// A proof was sent more than once.
    RepeatedProof,
    /// The signature has not the form `sha256=<64 hex digits>`.
    MalformedSignature,
    /// The signature is of another body or secret.
    WrongSignature,
    /// The timestamp is no number of seconds.
    MalformedTimestamp,
    /// The timestamp is outside of the window.
    StaleTimestamp,
    /// The shared secret is wrong.
    WrongSecret,
    /// No client certificate was shown where one is required.
    CertificateMissing,
    /// The client certificate is not of the authority, not for clients, or broken.
    CertificateUntrusted,
    /// The client certificate is over, or not valid yet.
    CertificateExpired,
    /// The client certificate is of nobody on the list.
    CertificateNotAllowed,
    /// The headers are over their limit.
    HeadTooLarge,
    /// The body is over its limit, before or after decompression.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTooSlow,
    /// The connection ended inside the body.
    BodyCutOff,
    /// No memory for the body came free in time.
    BodyMemoryFull,
    /// The content encoding is not known.
    UnknownEncoding,
    /// The body cannot be decompressed.
    BrokenEncoding,
    /// The body is no JSON.
    InvalidJson,
    /// Kibana sent the text of a template that failed.
    TemplateError,
    /// The body holds no Elastic alert.
    NotAnAlert,
    /// The request's fields cannot be used.
    InvalidRequest,
    /// The broker did not confirm, and there is no spool.
    BrokerAway,
    /// The broker did not confirm, and the spool holds as much as it may.
    SpoolFull,
    /// The broker did not confirm, and the spool's disk failed.
    SpoolAway,
    /// The database did not answer.
    DatabaseAway,
    /// As many replays as there may be are on their way.
    ReplaysRunning,
    /// A fault of the gateway.
    Internal,
}

/// Every cause: its name, and the code it leads to.
#[rustfmt::skip]
const TABLE: &[(Cause, &str, Code)] = &[
    (Cause::NoCredential, "no_credential", Code::Unauthorized),
    (Cause::MalformedCredential, "malformed_credential", Code::Unauthorized),
    (Cause::RepeatedCredential, "repeated_credential", Code::Unauthorized),
    (Cause::UnknownKey, "unknown_key", Code::Unauthorized),
    (Cause::KeyRevoked, "key_revoked", Code::Unauthorized),
    (Cause::KeyExpired, "key_expired", Code::KeyExpired),
    (Cause::MissingScope, "missing_scope", Code::Forbidden),
    (Cause::SourceNotAllowed, "source_not_allowed", Code::SourceNotAllowed),
    (Cause::KeysNotLoaded, "keys_not_loaded", Code::Overloaded),
    (Cause::AddressThrottled, "address_throttled", Code::RateLimited),
    (Cause::KeyRateLimited, "key_rate_limited", Code::RateLimited),
    (Cause::UnknownSource, "unknown_source", Code::UnknownSource),
    (Cause::NotFound, "not_found", Code::NotFound),
    (Cause::Unverified, "unverified", Code::InvalidSignature),
    (Cause::RepeatedProof, "repeated_proof", Code::InvalidSignature),
    (Cause::MalformedSignature, "malformed_signature", Code::InvalidSignature),
    (Cause::WrongSignature, "wrong_signature", Code::InvalidSignature),
    (Cause::MalformedTimestamp, "malformed_timestamp", Code::InvalidSignature),
    (Cause::StaleTimestamp, "stale_timestamp", Code::InvalidSignature),
    (Cause::WrongSecret, "wrong_secret", Code::InvalidSignature),
    (Cause::CertificateMissing, "certificate_missing", Code::InvalidSignature),
    (Cause::CertificateUntrusted, "certificate_untrusted", Code::InvalidSignature),
    (Cause::CertificateExpired, "certificate_expired", Code::InvalidSignature),
    (Cause::CertificateNotAllowed, "certificate_not_allowed", Code::InvalidSignature),
    (Cause::HeadTooLarge, "head_too_large", Code::PayloadTooLarge),
    (Cause::BodyTooLarge, "body_too_large", Code::PayloadTooLarge),
    (Cause::BodyTooSlow, "body_too_slow", Code::Overloaded),
    (Cause::BodyCutOff, "body_cut_off", Code::InvalidJson),
    (Cause::BodyMemoryFull, "body_memory_full", Code::Overloaded),
    (Cause::UnknownEncoding, "unknown_encoding", Code::InvalidJson),
    (Cause::BrokenEncoding, "broken_encoding", Code::InvalidJson),
    (Cause::InvalidJson, "invalid_json", Code::InvalidJson),
    (Cause::TemplateError, "template_error", Code::InvalidJson),
    (Cause::NotAnAlert, "not_an_alert", Code::InvalidPayload),
    (Cause::InvalidRequest, "invalid_request", Code::InvalidPayload),
    (Cause::BrokerAway, "broker_away", Code::Overloaded),
    (Cause::SpoolFull, "spool_full", Code::Overloaded),
    (Cause::SpoolAway, "spool_away", Code::Overloaded),
    (Cause::DatabaseAway, "database_away", Code::Overloaded),
    (Cause::ReplaysRunning, "replays_running", Code::Overloaded),
    (Cause::Internal, "internal", Code::Internal),
];

impl Cause {
    /// Every cause there is.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(cause, ..)| *cause)
    }

    /// The name in logs and metrics.
    pub fn name(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// The code the caller sees.
    pub fn code(self) -> Code {
        TABLE[self as usize].2
    }

    /// The sentence for the caller, the same for all causes it must not tell apart.
    pub fn message(self) -> &'static str {
        match self.code() {
            Code::Unauthorized => {
                "the key is missing or not valid: send Authorization: Bearer cai_…, or X-API-Key: cai_…"
            }
            Code::KeyExpired => "the key has expired: make a new one",
            Code::Forbidden => "the key has not the scope for this",
            Code::SourceNotAllowed => "the key is not allowed to send for this source",
            Code::UnknownSource => "no such source: known is elastic",
            Code::NotFound => "there is nothing here by this name",
            Code::InvalidSignature => {
                "the origin is not proven: send the webhook secret, a signature made with it, or the client certificate that is asked for"
            }
            Code::PayloadTooLarge => "the request is over the size limit",
            Code::InvalidJson => "the body cannot be read as JSON",
            Code::InvalidPayload => "the body holds no Elastic alert",
            Code::RateLimited => "too many requests: try again later",
            Code::Overloaded => "the gateway cannot take the request now: try again later",
            Code::Internal => "a fault of the gateway: its log has the request id",
        }
    }
}
