//! `GET /v1/ingest/receipts/{receipt_id}`: what became of an accepted request.
//!
//! A receipt that no worker has settled yet is `queued`. So is one that this service never gave out,
//! since the gateway keeps no list of its own; an id that cannot be a receipt is not found.

mod store;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ReqData},
};
use calseta_shared::ids::ReceiptId;
use serde::Serialize;
use time::{Duration, OffsetDateTime, serde::rfc3339};
use utoipa::{ToSchema, openapi::HttpMethod};
use uuid::Uuid;

use crate::{
    app::{Gateway, nothing_here},
    error::{Cause, Code, Refusal},
    keys::Scope,
    observe::RequestId,
    openapi::{Contract, Described},
    request::{answer, caller},
};

pub use store::ReceiptStore;

/// How far the clock of the gateway that gave the receipt may be ahead.
const CLOCK_SKEW: Duration = Duration::minutes(5);

/// What became of one request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// The request.
    #[schema(value_type = Uuid)]
    pub receipt_id: ReceiptId,
    /// In one word.
    pub status: Status,
    /// What the body held, once it is settled.
    pub documents: Option<i32>,
    /// When a worker settled it.
    #[serde(with = "rfc3339::option")]
    pub stored_at: Option<OffsetDateTime>,
    /// What had to be mended to read the body.
    pub mended: Vec<String>,
    /// Its alerts, stored or sent before.
    pub alerts: Vec<Stored>,
    /// What of it was kept as a dead letter.
    pub dead_letters: Vec<Dead>,
}

/// In one word, the best that happened to any part of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReceiptStatus)]
pub enum Status {
    /// No worker has settled it yet.
    Queued,
    /// At least one new alert.
    Stored,
    /// Every alert was sent before.
    Duplicate,
    /// Nothing but dead letters.
    DeadLettered,
}

/// One alert of the request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptAlert)]
pub struct Stored {
    /// The uuid that the answer of the request named.
    pub uuid: Uuid,
    /// The alert it was sent as before, when it was.
    pub duplicate_of: Option<Uuid>,
}

/// One dead letter of the request.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReceiptDeadLetter)]
pub struct Dead {
    /// Its id.
    pub id: Uuid,
    /// Why.
    pub reason: String,
    /// open, resolved or discarded.
    pub status: String,
    /// The alert that a replay made of it.
    pub alert_uuid: Option<Uuid>,
}

/// The path.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/v1/ingest/receipts/{receipt_id}")
            .route(web::get().to(show))
            .default_service(web::to(nothing_here)),
    );
}

/// The path as the contract has it.
pub(crate) fn describe(contract: &mut Contract) {
    let described = Described::keyed(Scope::AlertsRead, "Tells what became of a request")
        .gives_data(200, "What became of it", contract.schema::<Receipt>())
        .refuses(&[Code::NotFound]);
    let path = "/v1/ingest/receipts/{receipt_id}";
    contract.add(HttpMethod::Get, path, described);
}

async fn show(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    caller(&gateway, &request, Scope::AlertsRead).await?;
    let receipt_id = parse(&path, OffsetDateTime::now_utc())?;
    let store = gateway.receipts.as_ref().ok_or_else(|| {
        Refusal::with_message(Cause::NotFound, "this gateway has no database to ask")
    })?;
    let receipt = store.find(receipt_id).await?;
    Ok(answer(HttpResponse::Ok(), receipt, &request_id))
}

/// A UUIDv7 that was not made in the future.
fn parse(text: &str, now: OffsetDateTime) -> Result<ReceiptId, Refusal> {
    let id = Uuid::parse_str(text)
        .ok()
        .filter(|id| id.get_version_num() == 7);
    let made = id
        .and_then(|id| id.get_timestamp())
        .map(|at| at.to_unix().0);
    let latest = u64::try_from((now + CLOCK_SKEW).unix_timestamp()).unwrap_or_default();
    match (id, made) {
        (Some(id), Some(made)) if made <= latest => Ok(ReceiptId(id)),
        _ => Err(Refusal::new(Cause::NotFound)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_uuid_that_may_have_been_given_out_is_looked_up() {
        let now = OffsetDateTime::now_utc();
        let id = ReceiptId::new();
        assert_eq!(parse(&id.to_string(), now).ok(), Some(id));
        for wrong in ["", "1", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "x' OR 1=1"] {
            assert!(parse(wrong, now).is_err(), "{wrong}");
        }
        let long_ago = now - Duration::hours(1);
        assert!(parse(&id.to_string(), long_ago).is_err(), "from the future");
    }
}
