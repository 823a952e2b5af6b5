//! The end of every refused request: one log line with the cause, one count, one answer.
//!
//! The line holds what the caller is not told; never a credential, a body, a user or a host name.

use actix_web::{HttpRequest, HttpResponse};

use crate::{
    app::Gateway,
    error::{Cause, Refusal},
};

/// Answers a refusal, and tells the operator why.
pub fn refuse(refusal: &Refusal, request: &HttpRequest, gateway: &Gateway) -> HttpResponse {
    gateway.metrics.refused(refusal.cause);
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    let cause = refusal.cause.name();
    let code = refusal.code().name();
    // Whoever is throttled must not fill the log instead.
    if refusal.cause == Cause::AddressThrottled {
        tracing::debug!(cause, code, peer, "request refused");
    } else {
        tracing::warn!(cause, code, peer, "request refused");
    }
    refusal.response()
}
