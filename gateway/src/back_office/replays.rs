//! `/v1/dead-letters/replays`: runs over open dead letters, in the background of the gateway that was asked.
//!
//! A run is asked for by its id, of any gateway. One that was interrupted is resumed by the same id: what
//! it did is committed, and nothing is stored twice.

use std::num::NonZeroU32;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ReqData},
};
use calseta_worker::dead_letters::{
    self as letters, DeadLetterError, Filter, Run, RunRecord, RunState, Status, Why,
};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    BackOffice, admitted,
    changes::why,
    conditions::{Conditions, limit, pairs, taken},
    dead_letters::find,
    id, invalid,
};
use crate::{
    app::{Gateway, nothing_here},
    error::Refusal,
    observe::RequestId,
    request::{answer, fields},
};

/// Which dead letters to read again, and how.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReplay)]
pub(crate) struct Wanted {
    #[serde(default)]
    filter: Conditions,
    /// All open ones.
    #[serde(default)]
    all: bool,
    /// Only count, and read a sample; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// At most so many a second.
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate: Option<NonZeroU32>,
    /// Why, for the audit.
    why: Option<String>,
}

/// How to read one dead letter again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReplayOfOne)]
pub(crate) struct How {
    /// Only read it; nothing is changed.
    #[serde(default)]
    dry_run: bool,
    /// Why, for the audit.
    why: Option<String>,
}

/// How fast a run goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayPace)]
pub(crate) struct Pace {
    /// At most so many a second.
    #[schema(value_type = Option<u32>, minimum = 1)]
    rate: Option<NonZeroU32>,
}

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/v1/dead-letters/replays")
                .route(web::get().to(list))
                .route(web::post().to(start))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/replays/{run}")
                .route(web::get().to(show))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/replays/{run}/resume")
                .route(web::post().to(resume))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/{id}/replay")
                .route(web::post().to(start_one))
                .default_service(web::to(nothing_here)),
        );
}

async fn list(request: HttpRequest, gateway: Data<Gateway>) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let mut given = pairs(request.query_string())?;
    let limit = limit(&mut given)?;
    let after = taken(&mut given, "cursor").map(|text| text.parse::<Uuid>());
    let after = after
        .transpose()
        .map_err(|_| invalid("cursor: not one of ours"))?;
    if let Some(name) = given.keys().next() {
        return Err(invalid(format!("{name} is not known here")));
    }
    let mut runs = letters::records(&office.pool, after, limit + 1).await?;
    let more = i64::try_from(runs.len()).is_ok_and(|count| count > limit);
    let next = more.then(|| runs.pop()).and_then(|_| Some(runs.last()?.id));
    let meta = json!({"next_cursor": next});
    Ok(HttpResponse::Ok().json(json!({"data": runs, "meta": meta})))
}

async fn show(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let run = letters::record(&office.pool, id(&path)?).await?;
    Ok(answer(HttpResponse::Ok(), run, &request_id))
}

async fn start(
    request: HttpRequest,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, caller) = admitted(&gateway, &request).await?;
    let wanted: Wanted = fields(&gateway, &request, stream).await?;
    let filter = wanted.filter.of_change(wanted.all)?;
    if wanted.dry_run {
        let found = office.trial(filter).await?;
        return Ok(answer(HttpResponse::Ok(), found, &request_id));
    }
    let why = why(&caller, wanted.why)?;
    let run = begin(&office, filter, &why, wanted.rate).await?;
    Ok(answer(HttpResponse::Accepted(), run, &request_id))
}

async fn start_one(
    request: HttpRequest,
    path: Path<String>,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, caller) = admitted(&gateway, &request).await?;
    let how: How = fields(&gateway, &request, stream).await?;
    let letter = find(&office, id(&path)?).await?;
    let filter = Filter {
        ids: Some(vec![letter.id]),
        ..Filter::default()
    };
    if how.dry_run {
        let found = office.trial(filter).await?;
        return Ok(answer(HttpResponse::Ok(), found, &request_id));
    }
    let why = why(&caller, how.why)?;
    if letter.status != Status::Open.name() {
        let status = letter.status;
        return Err(DeadLetterError::NotOpen {
            id: letter.id,
            status,
        }
        .into());
    }
    let run = begin(&office, filter, &why, None).await?;
    Ok(answer(HttpResponse::Accepted(), run, &request_id))
}

async fn begin(
    office: &BackOffice,
    filter: Filter,
    why: &Why,
    rate: Option<NonZeroU32>,
) -> Result<RunRecord, Refusal> {
    let room = office.room()?;
    let run = Run::start(&office.pool, filter, why).await?;
    let record = letters::record(&office.pool, run.id).await?;
    office.replay(room, run, rate);
    Ok(record)
}

async fn resume(
    request: HttpRequest,
    path: Path<String>,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let run = id(&path)?;
    let pace: Pace = fields(&gateway, &request, stream).await?;
    let record = letters::record(&office.pool, run).await?;
    if record.state == RunState::Running {
        return Ok(answer(HttpResponse::Accepted(), record, &request_id));
    }
    let room = office.room()?;
    let run = Run::resume(&office.pool, run).await?;
    let record = letters::record(&office.pool, run.id).await?;
    office.replay(room, run, pace.rate);
    Ok(answer(HttpResponse::Accepted(), record, &request_id))
}
