//! `/openapi.json`: the HTTP contract for programs, served without a key.
//!
//! Each module describes its own paths beside its routes, with the types it reads and writes; the errors
//! are those of the closed table. A test holds it to the routes that there are.

mod described;
mod ingest;

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    web::{self, Bytes},
};
use utoipa::{
    ToSchema,
    openapi::{
        ComponentsBuilder, HttpMethod, InfoBuilder, License, ObjectBuilder, OpenApi,
        OpenApiBuilder, Paths, Ref, RefOr, Schema,
        schema::{AdditionalProperties, Type},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

pub use described::Described;
pub(crate) use described::bytes;

use crate::{api_keys, app::nothing_here, back_office, error::Code, receipts};

/// The name of the schema of every refusal.
const REFUSAL: &str = "Refusal";

static TEXT: LazyLock<Bytes> = LazyLock::new(|| document().to_json().unwrap_or_default().into());

/// The paths that modules have described so far.
pub struct Contract {
    paths: Paths,
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Contract {
    /// Adds a path with one method.
    pub fn add(&mut self, method: HttpMethod, path: &str, described: Described) {
        let operation = described.operation(&method, path);
        self.paths.add_path_operation(path, vec![method], operation);
    }

    /// The schema of a type that requests or answers hold, by reference.
    pub fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        T::schemas(&mut self.schemas);
        self.schemas.push((T::name().into_owned(), T::schema()));
        Ref::from_schema_name(T::name()).into()
    }
}

/// The whole document.
pub fn document() -> OpenApi {
    let mut contract = Contract {
        paths: Paths::new(),
        schemas: vec![(REFUSAL.to_owned(), refusal())],
    };
    ingest::describe(&mut contract);
    receipts::describe(&mut contract);
    api_keys::describe(&mut contract);
    back_office::describe(&mut contract);
    let served = Described::new("This document").gives(200, "OpenAPI 3.1", any());
    contract.add(HttpMethod::Get, "/openapi.json", served);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("Authorization: Bearer cai_…"))
        .build();
    let key = ApiKeyValue::with_description(
        "X-API-Key",
        "Where Authorization carries basic authentication",
    );
    let components = ComponentsBuilder::new()
        .schemas_from_iter(contract.schemas)
        .security_scheme("bearer", SecurityScheme::Http(bearer))
        .security_scheme("key", SecurityScheme::ApiKey(ApiKey::Header(key)))
        .build();
    let info = InfoBuilder::new()
        .title("Calseta Ingest")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(env!("CARGO_PKG_DESCRIPTION")))
        .license(Some(License::new(env!("CARGO_PKG_LICENSE"))))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(contract.paths)
        .components(Some(components))
        .build()
}

/// The path of the document.
pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/openapi.json")
            .route(web::get().to(serve))
            .default_service(web::to(nothing_here)),
    );
}

async fn serve() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(TEXT.clone())
}

/// An object of any fields.
pub fn any() -> RefOr<Schema> {
    ObjectBuilder::new()
        .additional_properties(Some(AdditionalProperties::FreeForm(true)))
        .into()
}

/// What every refused caller is told.
fn refusal() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let codes = Code::ALL.map(Code::name);
    let error = ObjectBuilder::new()
        .property("code", text().enum_values(Some(codes)))
        .property("message", text())
        .property("details", any())
        .required("code")
        .required("message")
        .required("details");
    ObjectBuilder::new()
        .property("error", error)
        .property(
            "message",
            text().description(Some("the same: Kibana shows this one")),
        )
        .required("error")
        .required("message")
        .into()
}
