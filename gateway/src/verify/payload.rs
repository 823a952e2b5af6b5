//! A body whose origin is proven: the only thing that can be inspected, published or dead-lettered.
//!
//! Its fields are private to this module, so that there is no way around verify.

use bytes::Bytes;

use super::Method;

/// Proven bytes, and how they were proven.
#[derive(Clone, Debug)]
pub struct VerifiedPayload {
    body: Bytes,
    method: Method,
    secret: Box<str>,
}

impl VerifiedPayload {
    pub(super) fn new(body: Bytes, method: Method, secret: &str) -> Self {
        Self {
            body,
            method,
            secret: secret.into(),
        }
    }

    /// The bytes.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// How they were proven.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The name of the secret that proved them; empty when none is configured.
    pub fn secret(&self) -> &str {
        &self.secret
    }
}
