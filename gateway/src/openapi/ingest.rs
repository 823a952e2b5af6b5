//! The ingest path as the contract has it.

use utoipa::openapi::{
    ArrayBuilder, HttpMethod, ObjectBuilder, RefOr, Schema,
    schema::{SchemaType, Type},
};

use super::{Contract, Described, any};
use crate::{error::Code, keys::Scope};

pub(super) fn describe(contract: &mut Contract) {
    let described = Described::keyed(
        Scope::AlertsWrite,
        "Takes a body of alerts, in any shape in which Kibana sends them",
    )
    .takes_content("*/*", any())
    .gives_data(
        202,
        "The payload is safe, or there was nothing in it",
        accepted(),
    )
    .refuses(&[
        Code::InvalidSignature,
        Code::SourceNotAllowed,
        Code::UnknownSource,
        Code::InvalidJson,
        Code::InvalidPayload,
    ]);
    contract.add(HttpMethod::Post, "/v1/ingest/{source}", described);
}

fn accepted() -> RefOr<Schema> {
    let of = |kind: Type| ObjectBuilder::new().schema_type(kind);
    let uuid =
        || ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    let list = || ArrayBuilder::new().items(of(Type::String));
    ObjectBuilder::new()
        .property("receipt_id", uuid())
        .property("alert_uuid", uuid())
        .property("alert_uuids", list())
        .property("documents", of(Type::Integer))
        .property("rejected", of(Type::Integer))
        .property("mended", list())
        .property(
            "status",
            of(Type::String).enum_values(Some(["queued", "empty"])),
        )
        .into()
}
