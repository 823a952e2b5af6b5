//! `/v1/api-keys`: keys by HTTP, for callers with the scope `admin`, in Calseta's paths and shapes.
//!
//! The whole key is in the answer to the request that made it, and nowhere else. Every change has an
//! audit row with the id of the key that asked for it.

mod shape;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, ReqData},
};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use utoipa::openapi::HttpMethod::{Delete, Get, Patch, Post};
use uuid::Uuid;

use crate::{
    app::{Gateway, nothing_here},
    error::{Cause, Code, Refusal},
    keys::{Change, KeyStore, Scope},
    observe::RequestId,
    openapi::{Contract, Described},
    request::{answer, caller, fields},
};
use shape::{Changed, Grace, Shown, Wanted, draft};

/// The paths below `/v1/api-keys`.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/v1/api-keys")
                .route(web::get().to(list))
                .route(web::post().to(create))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/api-keys/{uuid}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(revoke))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/api-keys/{uuid}/rotate")
                .route(web::post().to(rotate))
                .default_service(web::to(nothing_here)),
        );
}

/// The paths as the contract has them.
pub(crate) fn describe(contract: &mut Contract) {
    let key = contract.schema::<Shown>();
    let admin = |summary| Described::keyed(Scope::Admin, summary).refuses(&[Code::NotFound]);
    let listed =
        admin("Lists keys, without the keys themselves").gives_list("All keys", key.clone());
    contract.add(Get, "/v1/api-keys", listed);
    let made = admin("Makes a key; it is in this answer and in no other")
        .takes(contract.schema::<Wanted>())
        .gives_data(201, "The key", key.clone());
    contract.add(Post, "/v1/api-keys", made);
    let path = "/v1/api-keys/{uuid}";
    let shown = admin("Shows a key").gives_data(200, "The key", key.clone());
    contract.add(Get, path, shown);
    let changed = admin("Changes or revokes a key")
        .takes(contract.schema::<Changed>())
        .gives_data(200, "The key", key.clone());
    contract.add(Patch, path, changed);
    let revoked = admin("Revokes a key").gives_nothing("It is revoked");
    contract.add(Delete, path, revoked);
    let rotated = admin("Makes the successor of a key")
        .takes(contract.schema::<Grace>())
        .gives_data(201, "The new key", key);
    contract.add(Post, "/v1/api-keys/{uuid}/rotate", rotated);
}

/// The keys, and who the audit says it was.
async fn admitted(gateway: &Gateway, request: &HttpRequest) -> Result<(KeyStore, String), Refusal> {
    let caller = caller(gateway, request, Scope::Admin).await?;
    let store = gateway.store.clone().ok_or_else(|| {
        Refusal::with_message(Cause::NotFound, "the keys of this gateway are in a file")
    })?;
    Ok((store, caller.key_id().to_string()))
}

fn id(text: &str) -> Result<Uuid, Refusal> {
    Uuid::parse_str(text).map_err(|_| Refusal::new(Cause::NotFound))
}

async fn list(request: HttpRequest, gateway: Data<Gateway>) -> Result<HttpResponse, Refusal> {
    let (store, _) = admitted(&gateway, &request).await?;
    let keys: Vec<Shown> = store
        .list()
        .await?
        .into_iter()
        .map(|key| Shown::new(key, None))
        .collect();
    let count = keys.len();
    let meta = json!({"total": count, "page": 1, "page_size": count, "total_pages": 1});
    Ok(HttpResponse::Ok().json(json!({"data": keys, "meta": meta})))
}

async fn create(
    request: HttpRequest,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (store, actor) = admitted(&gateway, &request).await?;
    let wanted: Wanted = fields(&gateway, &request, stream).await?;
    let (key, secret) = store.create(&draft(wanted)?, &actor).await?;
    let shown = Shown::new(key, Some(&secret));
    Ok(answer(HttpResponse::Created(), shown, &request_id))
}

async fn show(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (store, _) = admitted(&gateway, &request).await?;
    let key = store.get(&id(&path)?.to_string()).await?;
    Ok(answer(
        HttpResponse::Ok(),
        Shown::new(key, None),
        &request_id,
    ))
}

async fn change(
    request: HttpRequest,
    path: Path<String>,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (store, actor) = admitted(&gateway, &request).await?;
    let id = id(&path)?;
    let wanted: Changed = fields(&gateway, &request, stream).await?;
    if wanted.is_active == Some(true) {
        let problem = "a key cannot be made active again: make a new one";
        return Err(Refusal::with_message(Cause::InvalidRequest, problem));
    }
    let change = Change {
        scopes: wanted.scopes,
        allowed_sources: wanted.allowed_sources,
        revoke: wanted.is_active == Some(false),
    };
    let key = store.change(id, &change, &actor).await?;
    Ok(answer(
        HttpResponse::Ok(),
        Shown::new(key, None),
        &request_id,
    ))
}

async fn rotate(
    request: HttpRequest,
    path: Path<String>,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (store, actor) = admitted(&gateway, &request).await?;
    let id = id(&path)?;
    let grace: Grace = fields(&gateway, &request, stream).await?;
    let until = OffsetDateTime::now_utc() + Duration::seconds(grace.grace_seconds.into());
    let (key, secret) = store.rotate(id, until, &actor).await?;
    let shown = Shown::new(key, Some(&secret));
    Ok(answer(HttpResponse::Created(), shown, &request_id))
}

async fn revoke(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
) -> Result<HttpResponse, Refusal> {
    let (store, actor) = admitted(&gateway, &request).await?;
    store.revoke(id(&path)?, &actor).await?;
    Ok(HttpResponse::NoContent().finish())
}
