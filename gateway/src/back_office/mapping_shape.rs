//! Field mappings as requests and answers write them: Calseta's names, unknown fields refused.
//!
//! Every mapping is the user's own and is read from the document as sent, so `is_system` is always false
//! and `extraction_target` always `raw_payload`; asking for another is refused, not ignored.

use calseta_shared::source::Source;
use calseta_worker::{
    extract::Field,
    mappings::{Description, Mapping, MappingChange, MappingRow},
};
use serde::{Deserialize, Deserializer, Serialize};
use time::{OffsetDateTime, serde::rfc3339};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::invalid;
use crate::error::Refusal;

/// Where a mapping is read from.
const TARGET: &str = "raw_payload";

/// A mapping as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldMapping)]
pub(crate) struct Shown {
    uuid: Uuid,
    source_name: Option<&'static str>,
    field_path: String,
    indicator_type: String,
    extraction_target: &'static str,
    is_system: bool,
    is_active: bool,
    description: Option<String>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "rfc3339")]
    updated_at: OffsetDateTime,
}

impl From<Mapping> for Shown {
    fn from(mapping: Mapping) -> Self {
        Self {
            uuid: mapping.id,
            source_name: None,
            field_path: mapping.field_path,
            indicator_type: mapping.indicator_type,
            extraction_target: TARGET,
            is_system: false,
            is_active: mapping.is_active,
            description: mapping.description,
            created_at: mapping.created_at,
            updated_at: mapping.updated_at,
        }
    }
}

impl From<&Field> for Shown {
    fn from(field: &Field) -> Self {
        Self {
            uuid: Uuid::nil(),
            source_name: Some(Source::Elastic.name()),
            field_path: field.path.to_owned(),
            indicator_type: field.content.as_str().to_owned(),
            extraction_target: "source_plugin",
            is_system: true,
            is_active: true,
            description: (!field.note.is_empty()).then(|| field.note.to_owned()),
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }
}

/// What makes a mapping.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewFieldMapping)]
pub(crate) struct Wanted {
    /// Dotted path into the document as sent; `*` stands for any one name.
    field_path: String,
    /// `ip`, `domain`, `url`, `hash_md5`, `hash_sha1`, `hash_sha256`, `hash_sha512`, `email` or `account`.
    indicator_type: String,
    #[serde(default = "active")]
    is_active: bool,
    description: Option<String>,
    /// `elastic`, or nothing.
    source_name: Option<String>,
    /// `raw_payload`, or nothing.
    extraction_target: Option<String>,
}

const fn active() -> bool {
    true
}

impl Wanted {
    /// The mapping and its description.
    pub(super) fn row(self) -> Result<(MappingRow, Option<String>), Refusal> {
        known_source(self.source_name.as_deref())?;
        if self
            .extraction_target
            .is_some_and(|target| target != TARGET)
        {
            return Err(invalid(
                "extraction_target must be raw_payload: mappings are read from the document as sent",
            ));
        }
        let row = MappingRow {
            field_path: self.field_path,
            indicator_type: self.indicator_type,
            is_active: self.is_active,
        };
        Ok((row, self.description))
    }
}

/// Insists on a source that there is.
pub(super) fn known_source(name: Option<&str>) -> Result<(), Refusal> {
    let source = name.map(str::parse::<Source>).transpose();
    source.map(drop).map_err(|error| invalid(error.to_string()))
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FieldMappingChange)]
pub(crate) struct Changed {
    field_path: Option<String>,
    indicator_type: Option<String>,
    is_active: Option<bool>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<String>)]
    description: Description,
}

/// Tells `null`, which removes the description, from a field that was left out.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Description, D::Error> {
    Option::deserialize(deserializer).map(Description::Set)
}

impl From<Changed> for MappingChange {
    fn from(changed: Changed) -> Self {
        Self {
            field_path: changed.field_path,
            indicator_type: changed.indicator_type,
            is_active: changed.is_active,
            description: changed.description,
        }
    }
}

/// Which mappings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Listed {
    /// For this source; mappings are for every source.
    pub(super) source_name: Option<String>,
    /// Of this type.
    pub(super) indicator_type: Option<String>,
    /// Built in: none of these are.
    pub(super) is_system: Option<bool>,
    /// In use or not.
    pub(super) is_active: Option<bool>,
    /// Read from here: all of them from `raw_payload`.
    pub(super) extraction_target: Option<String>,
    /// From 1.
    #[serde(default = "first")]
    pub(super) page: i64,
    /// 50 when left out, at most 500.
    #[serde(default = "fifty")]
    pub(super) page_size: i64,
}

const fn first() -> i64 {
    1
}

const fn fifty() -> i64 {
    50
}

impl Listed {
    /// Whether a mapping can be meant at all.
    pub(super) fn may_match(&self) -> bool {
        let elsewhere = self
            .extraction_target
            .as_deref()
            .is_some_and(|t| t != TARGET);
        self.is_system != Some(true) && self.source_name.is_none() && !elsewhere
    }
}
