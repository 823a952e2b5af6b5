//! What a refused caller is told: one JSON shape, and a code of a closed table.
//!
//! The caller never learns which part of a credential was wrong; the cause is for the log and the
//! metrics. 429 always carries a `Retry-After` of whole seconds, the only form that Kibana reads.

mod cause;
mod code;
#[cfg(test)]
mod tests;

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header::RETRY_AFTER},
};
use serde_json::{Map, Value, json};

pub use cause::Cause;
pub use code::Code;

/// Seconds after which a caller may try again when nothing better is known.
pub const RETRY_AFTER_S: u64 = 5;

/// A request that is refused, and why.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The reason as the log and the metrics have it.
    pub cause: Cause,
    /// A sentence for the person who set up the sender.
    pub message: String,
    /// Facts for a program: position, limit, id of the dead letter, ….
    pub details: Map<String, Value>,
    /// Whole seconds after which another attempt makes sense.
    pub retry_after_s: u64,
}

impl Refusal {
    /// A refusal with the sentence of its cause.
    pub fn new(cause: Cause) -> Self {
        Self::with_message(cause, cause.message())
    }

    /// A refusal with a sentence of its own.
    pub fn with_message(cause: Cause, message: impl Into<String>) -> Self {
        Self {
            cause,
            message: message.into(),
            details: Map::new(),
            retry_after_s: RETRY_AFTER_S,
        }
    }

    /// Adds a fact.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.into(), value.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = seconds.max(1);
        self
    }

    /// The code the caller sees.
    pub fn code(&self) -> Code {
        self.cause.code()
    }

    /// The answer. Kibana shows the outer `message` to the rule's author.
    pub fn response(&self) -> HttpResponse {
        let code = self.code();
        let mut response = HttpResponse::build(code.status());
        if code.is_retried() {
            response.insert_header((RETRY_AFTER, self.retry_after_s.to_string()));
        }
        response.json(json!({
            "error": {"code": code.name(), "message": self.message, "details": self.details},
            "message": self.message,
        }))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code().name(), self.message)
    }
}

impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        self.code().status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response()
    }
}
