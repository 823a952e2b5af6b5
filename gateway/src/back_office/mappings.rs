//! `/v1/indicator-mappings`: fields of a SOC's own that hold indicators, in Calseta's paths and shapes.
//!
//! What could not be used is refused when it is made. The database tells the workers of a change: it is
//! in use within a second.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Path, Query, ReqData},
};
use calseta_worker::{
    extract,
    mappings::{self, MappingPage},
};
use serde_json::json;

use super::{
    admitted, extraction, id, invalid,
    mapping_shape::{Changed, Listed, Shown, Wanted},
};
use crate::{
    app::{Gateway, nothing_here},
    error::Refusal,
    observe::RequestId,
    request::{answer, fields},
};

/// Most of one page.
const PAGE_SIZE: i64 = 500;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/v1/indicator-mappings")
                .route(web::get().to(list))
                .route(web::post().to(create))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/indicator-mappings/source-plugin-fields")
                .route(web::get().to(built_in))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/indicator-mappings/test-extraction")
                .route(web::post().to(extraction::test))
                .default_service(web::to(nothing_here)),
        )
        .service(
            web::resource("/v1/indicator-mappings/{uuid}")
                .route(web::get().to(show))
                .route(web::patch().to(change))
                .route(web::delete().to(delete))
                .default_service(web::to(nothing_here)),
        );
}

async fn list(request: HttpRequest, gateway: Data<Gateway>) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let asked = Query::<Listed>::from_query(request.query_string());
    let asked = asked.map_err(|error| {
        invalid(format!(
            "the query, such as page, page_size or is_active: {error}"
        ))
    })?;
    if !(1..=1_000_000).contains(&asked.page) {
        return Err(invalid("page must be 1 to 1000000"));
    }
    if !(1..=PAGE_SIZE).contains(&asked.page_size) {
        return Err(invalid(format!("page_size must be 1 to {PAGE_SIZE}")));
    }
    let page = MappingPage {
        indicator_type: asked.indicator_type.clone(),
        is_active: asked.is_active,
        offset: (asked.page - 1) * asked.page_size,
        limit: asked.page_size,
    };
    let (found, total) = if asked.may_match() {
        mappings::list(&office.pool, &page).await?
    } else {
        (Vec::new(), 0)
    };
    let meta = json!({
        "total": total,
        "page": asked.page,
        "page_size": asked.page_size,
        "total_pages": (total + asked.page_size - 1) / asked.page_size,
    });
    let shown: Vec<Shown> = found.into_iter().map(Shown::from).collect();
    Ok(HttpResponse::Ok().json(json!({"data": shown, "meta": meta})))
}

async fn built_in(
    request: HttpRequest,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    admitted(&gateway, &request).await?;
    let fields: Vec<Shown> = extract::fields::all().map(Shown::from).collect();
    Ok(answer(HttpResponse::Ok(), fields, &request_id))
}

async fn create(
    request: HttpRequest,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let wanted: Wanted = fields(&gateway, &request, stream).await?;
    let (row, description) = wanted.row()?;
    let made = mappings::create(&office.pool, row, description.as_deref()).await?;
    tracing::info!(mapping = %made.id, "a field mapping was made");
    Ok(answer(
        HttpResponse::Created(),
        Shown::from(made),
        &request_id,
    ))
}

async fn show(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let mapping = mappings::get(&office.pool, id(&path)?).await?;
    Ok(answer(
        HttpResponse::Ok(),
        Shown::from(mapping),
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
    let (office, _) = admitted(&gateway, &request).await?;
    let id = id(&path)?;
    let wanted: Changed = fields(&gateway, &request, stream).await?;
    let mapping = mappings::change(&office.pool, id, wanted.into()).await?;
    tracing::info!(mapping = %id, "a field mapping was changed");
    Ok(answer(
        HttpResponse::Ok(),
        Shown::from(mapping),
        &request_id,
    ))
}

async fn delete(
    request: HttpRequest,
    path: Path<String>,
    gateway: Data<Gateway>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let id = id(&path)?;
    mappings::delete(&office.pool, id).await?;
    tracing::info!(mapping = %id, "a field mapping was deleted");
    Ok(HttpResponse::NoContent().finish())
}
