//! Keys as requests and answers write them: Calseta's names, unknown fields refused.
//!
//! The whole key is in an answer only when it was made by that very request.

use calseta_shared::source::Source;
use serde::{Deserialize, Deserializer, Serialize};
use time::{OffsetDateTime, serde::rfc3339};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    error::{Cause, Refusal},
    keys::{Draft, Key, KeySecret, Rate, Scope, Sources},
};

/// A key as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct Shown {
    uuid: Uuid,
    name: String,
    key_prefix: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    scopes: Vec<&'static str>,
    is_active: bool,
    #[schema(value_type = Option<Vec<String>>)]
    allowed_sources: Option<Vec<Source>>,
    rate_per_second: Option<u32>,
    rate_burst: Option<u32>,
    #[serde(with = "rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    revoked_at: Option<OffsetDateTime>,
    #[serde(with = "rfc3339::option")]
    last_used_at: Option<OffsetDateTime>,
    replaced_by: Option<Uuid>,
}

impl Shown {
    pub(super) fn new(key: Key, secret: Option<&KeySecret>) -> Self {
        Self {
            is_active: key.is_active(OffsetDateTime::now_utc()),
            uuid: key.id,
            name: key.name,
            key_prefix: key.prefix,
            key: secret.map(|secret| secret.expose().to_owned()),
            scopes: key.scopes.iter().map(|scope| scope.name()).collect(),
            allowed_sources: key.allowed_sources,
            rate_per_second: key.rate.map(|rate| rate.per_second),
            rate_burst: key.rate.map(|rate| rate.burst),
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            last_used_at: key.last_used_at,
            replaced_by: key.replaced_by,
        }
    }
}

/// What makes a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(crate) struct Wanted {
    name: String,
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    allowed_sources: Option<Vec<Source>>,
    #[serde(default, with = "rfc3339::option")]
    expires_at: Option<OffsetDateTime>,
    #[serde(default)]
    rate_per_second: Option<u32>,
    #[serde(default)]
    rate_burst: Option<u32>,
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyChange)]
pub(crate) struct Changed {
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) scopes: Option<Vec<Scope>>,
    #[serde(default, deserialize_with = "sent")]
    #[schema(value_type = Option<Vec<String>>)]
    pub(super) allowed_sources: Sources,
    #[serde(default)]
    pub(super) is_active: Option<bool>,
}

/// Tells `null`, which lifts a restriction, from a field that was left out.
fn sent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sources, D::Error> {
    let sources: Option<Vec<Source>> = Option::deserialize(deserializer)?;
    Ok(sources.map_or(Sources::All, Sources::Only))
}

/// How a key is to be replaced.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ApiKeyRotation)]
pub(crate) struct Grace {
    /// How long the old key goes on working.
    #[serde(default = "Grace::default_seconds")]
    pub(super) grace_seconds: u32,
}

impl Grace {
    fn default_seconds() -> u32 {
        86_400
    }
}

pub(super) fn draft(wanted: Wanted) -> Result<Draft, Refusal> {
    let refused = |problem| Err(Refusal::with_message(Cause::InvalidRequest, problem));
    if wanted.name.trim().is_empty() || wanted.name.chars().count() > 255 {
        return refused("name must have 1 to 255 characters");
    }
    if wanted.scopes.is_empty() {
        return refused("scopes must name at least one of alerts:write, alerts:read, admin");
    }
    if wanted
        .expires_at
        .is_some_and(|at| at <= OffsetDateTime::now_utc())
    {
        return refused("expires_at is over already");
    }
    if wanted.rate_per_second == Some(0) || wanted.rate_burst == Some(0) {
        return refused("rate_per_second and rate_burst must be above 0");
    }
    Ok(Draft {
        name: wanted.name,
        scopes: wanted.scopes,
        allowed_sources: wanted.allowed_sources,
        rate: wanted.rate_per_second.map(|per_second| Rate {
            per_second,
            burst: wanted.rate_burst.unwrap_or(1_000),
        }),
        expires_at: wanted.expires_at,
    })
}
