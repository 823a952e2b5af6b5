//! Edits and discards of open dead letters by HTTP. Each says why, and is kept in the audit with who.
//!
//! A new body is taken byte for byte from the request. Nothing is deleted.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::CONTENT_ENCODING,
    web::{self, Data, Path, ReqData},
};
use calseta_worker::dead_letters::{self as letters, Status, Why};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    admitted,
    conditions::{Conditions, pairs, taken},
    dead_letters::find,
    id, invalid,
};
use crate::{
    app::Gateway,
    authenticate::Caller,
    error::{Cause, Refusal},
    observe::RequestId,
    request::{answer, fields},
};

/// Which dead letters to give up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discard {
    #[serde(default)]
    filter: Conditions,
    /// All open ones.
    #[serde(default)]
    all: bool,
    /// Only count; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// Why, for the audit.
    why: Option<String>,
}

/// How many were given up, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Discarded {
    matched: i64,
    dry_run: bool,
}

/// Who and why, for the audit.
pub(super) fn why(caller: &Caller, text: Option<String>) -> Result<Why, Refusal> {
    let reason = text.filter(|text| !text.trim().is_empty());
    let reason = reason.ok_or_else(|| invalid("why: say why, for the audit"))?;
    Ok(Why {
        actor: caller.described(),
        reason,
    })
}

pub(super) async fn discard(
    request: HttpRequest,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, caller) = admitted(&gateway, &request).await?;
    let wanted: Discard = fields(&gateway, &request, stream).await?;
    let filter = wanted.filter.of_change(wanted.all)?;
    let filter = filter.of_status(Some(Status::Open));
    let matched = if wanted.dry_run {
        letters::count(&office.pool, &filter).await?
    } else {
        let why = why(&caller, wanted.why)?;
        let pool = office.pool.clone();
        let discarding = async move { Ok(letters::discard(&pool, filter, &why).await?) };
        office.aside(discarding).await?
    };
    let discarded = Discarded {
        matched,
        dry_run: wanted.dry_run,
    };
    Ok(answer(HttpResponse::Ok(), discarded, &request_id))
}

pub(super) async fn edit(
    request: HttpRequest,
    path: Path<String>,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, caller) = admitted(&gateway, &request).await?;
    let id = id(&path)?;
    let mut given = pairs(request.query_string())?;
    let why = why(&caller, taken(&mut given, "why"))?;
    if let Some(name) = given.keys().next() {
        return Err(invalid(format!("{name} is not known here")));
    }
    if request.headers().contains_key(CONTENT_ENCODING) {
        let problem = "send the new body as it is, without Content-Encoding";
        return Err(Refusal::with_message(Cause::UnknownEncoding, problem));
    }
    let body = gateway.bodies.read(request.headers(), stream).await?;
    if body.bytes.is_empty() {
        return Err(invalid("the new body is empty"));
    }
    letters::edit(&office.pool, id, &body.bytes, &why).await?;
    let letter = find(&office, id).await?;
    Ok(answer(HttpResponse::Ok(), letter, &request_id))
}
