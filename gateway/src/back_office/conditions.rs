//! Which dead letters a request means: the same conditions in a query and in a body.
//!
//! The names are those of the command's flags. A value that no dead letter can have is refused by name,
//! and so is a change of many without any condition.

use std::str::FromStr;

use actix_web::web::Query;
use calseta_shared::{dead_letter::Reason, source::Source};
use calseta_worker::dead_letters::{Filter, Status, parse_moment, parse_sha256};
use serde::Deserialize;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::invalid;
use crate::error::Refusal;

/// Most of one page.
const PAGE_LIMIT: i64 = 500;

/// Conditions on dead letters; all that are given must hold.
#[derive(Debug, Default, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Conditions {
    /// With one of these ids, with commas between or as a list.
    #[serde(default)]
    #[schema(value_type = Vec<Uuid>)]
    #[param(value_type = String)]
    id: Listed,
    /// Dead for one of these reasons, with commas between or as a list.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    #[param(value_type = String)]
    reason: Listed,
    /// Last seen since: `2026-11-24T10:00:00Z`, `2026-11-24`, or an age such as `24h`.
    since: Option<String>,
    /// Last seen before, in the same forms.
    until: Option<String>,
    /// Sent by this source.
    source: Option<String>,
    /// The body holds this text, such as the name of a rule.
    text: Option<String>,
    /// The SHA-256 of the body as it came starts with these hex digits.
    sha256: Option<String>,
}

/// One value or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Listed {
    One(String),
    Many(Vec<String>),
}

impl Default for Listed {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Listed {
    fn parse<T: FromStr>(&self, name: &str) -> Result<Option<Vec<T>>, Refusal> {
        let values: Vec<&str> = match self {
            Self::One(text) => text.split(',').collect(),
            Self::Many(texts) => texts.iter().map(String::as_str).collect(),
        };
        let values = values.into_iter().map(|text| one(name, text));
        let values: Vec<T> = values.collect::<Result<_, _>>()?;
        Ok((!values.is_empty()).then_some(values))
    }
}

fn one<T: FromStr>(name: &str, text: &str) -> Result<T, Refusal> {
    text.parse()
        .map_err(|_| invalid(format!("{name}: {text:?} is none")))
}

impl Conditions {
    /// The filter of the worker's library, in any status.
    pub(super) fn filter(&self) -> Result<Filter, Refusal> {
        let now = OffsetDateTime::now_utc();
        let moment = |name: &str, text: &Option<String>| {
            let moment = text.as_deref().map(|text| parse_moment(text, now));
            moment
                .transpose()
                .map_err(|problem| invalid(format!("{name}: {problem}")))
        };
        let reasons: Option<Vec<Reason>> = self.reason.parse("reason")?;
        let source = self
            .source
            .as_deref()
            .map(|text| one::<Source>("source", text));
        let sha256 = self.sha256.as_deref().map(parse_sha256).transpose();
        Ok(Filter {
            ids: self.id.parse::<Uuid>("id")?,
            reasons: reasons.map(|all| all.iter().map(|r| r.name().to_owned()).collect()),
            since: moment("since", &self.since)?,
            until: moment("until", &self.until)?,
            source: source.transpose()?.map(|source| source.name().to_owned()),
            text: self.text.clone(),
            sha256: sha256.map_err(|problem| invalid(format!("sha256: {problem}")))?,
            status: None,
        })
    }

    /// The filter of a change, which must say which dead letters, or that all are meant.
    pub(super) fn of_change(&self, all: bool) -> Result<Filter, Refusal> {
        let filter = self.filter()?;
        if filter == Filter::default() && !all {
            return Err(invalid("filter: say which dead letters, or all: true"));
        }
        Ok(filter)
    }
}

/// A page of dead letters, as a query asks for it.
pub(super) struct Asked {
    pub(super) filter: Filter,
    pub(super) limit: i64,
    pub(super) after: Option<(OffsetDateTime, Uuid)>,
}

/// Reads a query; what is in it must be known, and stand there once.
pub(super) fn asked(query: &str) -> Result<Asked, Refusal> {
    let mut given = pairs(query)?;
    let status = match taken(&mut given, "status").as_deref() {
        None | Some("open") => Some(Status::Open),
        Some("resolved") => Some(Status::Resolved),
        Some("discarded") => Some(Status::Discarded),
        Some("any") => None,
        Some(_) => return Err(invalid("status is none of open, resolved, discarded, any")),
    };
    let limit = limit(&mut given)?;
    let cursor = taken(&mut given, "cursor");
    let after =
        cursor.map(|text| position(&text).ok_or_else(|| invalid("cursor: not one of ours")));
    let conditions = Conditions::deserialize(Value::Object(given));
    let conditions = conditions.map_err(|error| invalid(error.to_string()))?;
    Ok(Asked {
        filter: conditions.filter()?.of_status(status),
        limit,
        after: after.transpose()?,
    })
}

/// The pairs of a query, each name once.
pub(super) fn pairs(query: &str) -> Result<Map<String, Value>, Refusal> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query);
    let pairs = pairs.map_err(|error| invalid(error.to_string()))?;
    let mut given = Map::new();
    for (name, value) in pairs.into_inner() {
        if given.insert(name.clone(), Value::String(value)).is_some() {
            return Err(invalid(format!("{name} stands there twice")));
        }
    }
    Ok(given)
}

/// Takes `limit` out.
pub(super) fn limit(given: &mut Map<String, Value>) -> Result<i64, Refusal> {
    let Some(text) = taken(given, "limit") else {
        return Ok(50);
    };
    let limit = text
        .parse()
        .ok()
        .filter(|limit| (1..=PAGE_LIMIT).contains(limit));
    limit.ok_or_else(|| invalid(format!("limit must be 1 to {PAGE_LIMIT}")))
}

/// Takes one out.
pub(super) fn taken(given: &mut Map<String, Value>, name: &str) -> Option<String> {
    given.remove(name)?.as_str().map(str::to_owned)
}

/// Names the place behind a dead letter.
pub(super) fn cursor(last_seen_at: OffsetDateTime, id: Uuid) -> Option<String> {
    Some(format!("{}_{id}", last_seen_at.format(&Rfc3339).ok()?))
}

fn position(cursor: &str) -> Option<(OffsetDateTime, Uuid)> {
    let (time, id) = cursor.split_once('_')?;
    Some((
        OffsetDateTime::parse(time, &Rfc3339).ok()?,
        id.parse().ok()?,
    ))
}
