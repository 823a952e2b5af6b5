//! `/v1/dead-letters`: what could not become alerts, found, shown with its bytes, and exported.
//!
//! A page follows another by its cursor: a table that changes in between repeats nothing. Bodies are
//! answered byte for byte as opaque data, since they are whatever somebody sent.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{ContentType, X_CONTENT_TYPE_OPTIONS},
    web::{self, Bytes, Data, Path, ReqData},
};
use calseta_worker::dead_letters::{self as letters, DeadLetterError, Export, Filter, Letter};
use futures_util::stream;
use serde_json::json;
use uuid::Uuid;

use super::{
    BackOffice, admitted, changes,
    conditions::{asked, cursor},
    id,
};
use crate::{
    app::{Gateway, nothing_here},
    error::Refusal,
    observe::RequestId,
    request::answer,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/v1/dead-letters")
                .route(web::get().to(list))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/export")
                .route(web::get().to(export))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/discard")
                .route(web::post().to(changes::discard))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/{id}")
                .route(web::get().to(show))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/dead-letters/{id}/body")
                .route(web::get().to(body))
                .route(web::put().to(changes::edit))
                .default_service(web::to(nothing_here)),
        );
}

async fn list(request: HttpRequest, gateway: Data<Gateway>) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let asked = asked(request.query_string())?;
    let (found, total) = office
        .clone()
        .aside(async move {
            let found = letters::page(&office.pool, &asked.filter, asked.after, asked.limit + 1);
            let mut found = found.await?;
            let total = letters::count(&office.pool, &asked.filter).await?;
            let more = i64::try_from(found.len()).is_ok_and(|count| count > asked.limit);
            let next = more.then(|| found.pop()).and_then(|_| {
                let last = found.last()?;
                cursor(last.last_seen_at, last.id)
            });
            Ok(((found, next), total))
        })
        .await?;
    let (found, next) = found;
    let meta = json!({"total": total, "next_cursor": next});
    Ok(HttpResponse::Ok().json(json!({"data": found, "meta": meta})))
}

async fn show(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let letter = find(&office, id(&path)?).await?;
    Ok(answer(HttpResponse::Ok(), letter, &request_id))
}

/// The facts of one.
pub(super) async fn find(office: &BackOffice, id: Uuid) -> Result<Letter, Refusal> {
    let filter = Filter {
        ids: Some(vec![id]),
        ..Filter::default()
    };
    let found = letters::page(&office.pool, &filter, None, 1).await?;
    let found = found.into_iter().next();
    Ok(found.ok_or(DeadLetterError::Unknown { id })?)
}

async fn body(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let (_, body) = letters::with_body(&office.pool, id(&path)?).await?;
    Ok(HttpResponse::Ok()
        .content_type(ContentType::octet_stream())
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body))
}

async fn export(request: HttpRequest, gateway: Data<Gateway>) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let asked = asked(request.query_string())?;
    let mut export = Export::new(office.pool.clone(), asked.filter);
    // Before the status is sent: a database that is away must not look like an empty export.
    let first = export.next().await?;
    let lines = stream::try_unfold((first, export), async |(line, mut export)| {
        let Some(line) = line else {
            return Ok::<_, DeadLetterError>(None);
        };
        let next = export.next().await.inspect_err(|error| {
            tracing::warn!(%error, "an export of dead letters was cut off");
        })?;
        Ok(Some((Bytes::from(line), (next, export))))
    });
    Ok(HttpResponse::Ok()
        .content_type("application/x-ndjson")
        .streaming(lines))
}
