//! What the management paths have in common: a JSON body with known fields, and the caller's right.
//!
//! Every answer has the shape `{"data": …, "meta": {…}}`, every refusal the one of the error table.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, web};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

use crate::{
    app::Gateway,
    authenticate::Caller,
    error::{Cause, Refusal},
    keys::{KeyStoreError, Scope},
    observe::{RequestId, note_caller},
};

/// The caller, who must have this scope.
///
/// # Errors
/// When there is none, or it has not.
pub async fn caller(
    gateway: &Gateway,
    request: &HttpRequest,
    scope: Scope,
) -> Result<Caller, Refusal> {
    let caller = gateway.door.admit(request).await?;
    note_caller(request, &caller);
    caller.needs(scope)?;
    Ok(caller)
}

/// The body as a value of known fields.
///
/// # Errors
/// 400 when it is no JSON, 422 when it is not what is wanted; both with line and column.
pub async fn fields<T: DeserializeOwned>(
    gateway: &Gateway,
    request: &HttpRequest,
    stream: web::Payload,
) -> Result<T, Refusal> {
    let body = gateway.bodies.read(request.headers(), stream).await?;
    serde_json::from_slice(&body.bytes).map_err(|error| {
        let cause = if error.is_data() {
            Cause::InvalidRequest
        } else {
            Cause::InvalidJson
        };
        Refusal::with_message(cause, error.to_string())
            .detail("line", error.line())
            .detail("column", error.column())
    })
}

/// An answer with data.
pub fn answer(
    mut status: HttpResponseBuilder,
    data: impl Serialize,
    request_id: &RequestId,
) -> HttpResponse {
    status.json(json!({"data": data, "meta": {"request_id": request_id.as_str()}}))
}

impl From<KeyStoreError> for Refusal {
    fn from(error: KeyStoreError) -> Self {
        match error {
            KeyStoreError::NotFound => Self::with_message(Cause::NotFound, error.to_string()),
            KeyStoreError::Ambiguous => {
                Self::with_message(Cause::InvalidRequest, error.to_string())
            }
            KeyStoreError::Row | KeyStoreError::Random => Self::new(Cause::Internal),
            KeyStoreError::Unavailable(_)
            | KeyStoreError::TablesMissing
            | KeyStoreError::Statement(_) => {
                tracing::warn!(%error, "the database did not answer");
                Self::new(Cause::DatabaseAway)
            }
        }
    }
}
