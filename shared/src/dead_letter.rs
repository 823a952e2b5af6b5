//! Why a payload could not become alerts: the closed list of reasons, and the id of the kept bytes.
//!
//! Every refusal of an authenticated, verified sender has one of these, and every dead letter exactly
//! one. The id follows from the bytes, so that equal bodies are counted and not repeated, and the
//! gateway can name it without a database.

use std::{fmt, str::FromStr};

use ring::digest::{SHA256, digest};
use uuid::{Builder, Uuid};

use crate::payload::PayloadError;

/// Why a payload is a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The bytes are no JSON, even with everything mended that can be.
    InvalidJson,
    /// Kibana sent the text of a template that failed to render.
    TemplateError,
    /// Readable, but no Elastic alert.
    NotAnAlert,
    /// An alert whose fields could not be read.
    Normalize,
    /// Postgres refuses the row, whatever is tried.
    Constraint,
    /// Over a size that the store or the queue can hold.
    TooLarge,
    /// Redelivered too often: it probably killed a worker each time.
    DeliveryLimit,
    /// The queue has no route for it.
    Unroutable,
    /// The envelope on the queue cannot be read: another program, or a newer version, wrote it.
    UnknownEnvelope,
}

impl Reason {
    /// Every reason there is.
    pub const ALL: [Self; 9] = [
        Self::InvalidJson,
        Self::TemplateError,
        Self::NotAnAlert,
        Self::Normalize,
        Self::Constraint,
        Self::TooLarge,
        Self::DeliveryLimit,
        Self::Unroutable,
        Self::UnknownEnvelope,
    ];

    /// The name in rows, headers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::TemplateError => "template_error",
            Self::NotAnAlert => "not_an_alert",
            Self::Normalize => "normalize",
            Self::Constraint => "constraint",
            Self::TooLarge => "too_large",
            Self::DeliveryLimit => "delivery_limit",
            Self::Unroutable => "unroutable",
            Self::UnknownEnvelope => "unknown_envelope",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The text is none of [`Reason::ALL`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown dead letter reason {0:?}")]
pub struct UnknownReason(String);

impl FromStr for Reason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.name() == name)
            .ok_or_else(|| UnknownReason(name.into()))
    }
}

impl From<&PayloadError> for Reason {
    fn from(error: &PayloadError) -> Self {
        match error {
            PayloadError::Empty
            | PayloadError::InvalidJson { .. }
            | PayloadError::TooDeep { .. } => Self::InvalidJson,
            PayloadError::TemplateError { .. } => Self::TemplateError,
            PayloadError::TooManyDocuments { .. } => Self::TooLarge,
            PayloadError::NotAnAlert { .. } => Self::NotAnAlert,
        }
    }
}

/// The id of the dead letter that keeps these bytes: a UUID of their SHA-256.
pub fn id(body: &[u8]) -> Uuid {
    let hash = digest(&SHA256, body);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_back_from_its_name() {
        for reason in Reason::ALL {
            assert_eq!(reason.name().parse(), Ok(reason));
        }
        assert!("whatever".parse::<Reason>().is_err());
    }

    #[test]
    fn equal_bytes_have_one_id_and_others_another() {
        assert_eq!(id(b"a"), id(b"a"));
        assert_ne!(id(b"a"), id(b"b"));
    }
}
