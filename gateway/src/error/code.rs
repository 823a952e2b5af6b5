//! The closed table of error codes and their HTTP status. A code, once released, keeps its meaning.

use actix_web::http::StatusCode;

/// What went wrong, as far as the caller may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// No key, or none that is known.
    Unauthorized,
    /// The key is right, but its time is over.
    KeyExpired,
    /// The body's origin is not proven.
    InvalidSignature,
    /// The key has not the scope.
    Forbidden,
    /// The key is not for this source.
    SourceNotAllowed,
    /// No such source.
    UnknownSource,
    /// No such path, key or receipt.
    NotFound,
    /// The body cannot be read.
    InvalidJson,
    /// The body or the head is over its limit.
    PayloadTooLarge,
    /// The body can be read, but is not what is wanted.
    InvalidPayload,
    /// Too many requests by this key, or wrong ones from this address.
    RateLimited,
    /// The gateway cannot take it now.
    Overloaded,
    /// A fault of the gateway itself.
    Internal,
}

impl Code {
    /// Every code there is.
    pub const ALL: [Self; 13] = [
        Self::Unauthorized,
        Self::KeyExpired,
        Self::InvalidSignature,
        Self::Forbidden,
        Self::SourceNotAllowed,
        Self::UnknownSource,
        Self::NotFound,
        Self::InvalidJson,
        Self::PayloadTooLarge,
        Self::InvalidPayload,
        Self::RateLimited,
        Self::Overloaded,
        Self::Internal,
    ];

    /// The name in answers and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unauthorized => "UNAUTHORIZED",
            Self::KeyExpired => "KEY_EXPIRED",
            Self::InvalidSignature => "INVALID_SIGNATURE",
            Self::Forbidden => "FORBIDDEN",
            Self::SourceNotAllowed => "SOURCE_NOT_ALLOWED",
            Self::UnknownSource => "UNKNOWN_SOURCE",
            Self::NotFound => "NOT_FOUND",
            Self::InvalidJson => "INVALID_JSON",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::InvalidPayload => "INVALID_PAYLOAD",
            Self::RateLimited => "RATE_LIMITED",
            Self::Overloaded => "OVERLOADED",
            Self::Internal => "INTERNAL",
        }
    }

    /// The HTTP status.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Unauthorized | Self::KeyExpired | Self::InvalidSignature => {
                StatusCode::UNAUTHORIZED
            }
            Self::Forbidden | Self::SourceNotAllowed => StatusCode::FORBIDDEN,
            Self::UnknownSource | Self::NotFound => StatusCode::NOT_FOUND,
            Self::InvalidJson => StatusCode::BAD_REQUEST,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::InvalidPayload => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited | Self::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the caller is asked to try again.
    pub fn is_retried(self) -> bool {
        self.status() == StatusCode::TOO_MANY_REQUESTS
    }
}
