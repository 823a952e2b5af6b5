//! Which dead letters are meant. Every condition that is given must hold; none means all of the status.
//!
//! One constant WHERE clause with a parameter a condition: nothing that a person types becomes SQL. A run
//! keeps its filter as JSON, so that it can be resumed with exactly the same one.

use bytes::BytesMut;
use serde::{Deserialize, Serialize};
use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};
use tokio_postgres::types::{IsNull, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

/// The WHERE clause over `$1` to `$8` of [`Filter::parameters`].
macro_rules! matching {
    () => {
        "($1::uuid[] IS NULL OR id = ANY($1)) \
         AND ($2::text[] IS NULL OR reason = ANY($2)) \
         AND ($3::timestamptz IS NULL OR last_seen_at >= $3) \
         AND ($4::timestamptz IS NULL OR last_seen_at < $4) \
         AND ($5::text IS NULL OR source = $5) \
         AND ($6::text IS NULL OR position(lower(encode(convert_to($6, 'UTF8'), 'escape')) \
              IN lower(encode(body, 'escape'))) > 0) \
         AND ($7::text IS NULL OR starts_with(encode(sha256, 'hex'), $7)) \
         AND ($8::text IS NULL OR status = $8)"
    };
}
pub(super) use matching;

/// Conditions on dead letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// One of these ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<Uuid>>,
    /// One of these reasons, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<Vec<String>>,
    /// Last seen at or after.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    pub since: Option<OffsetDateTime>,
    /// Last seen before.
    #[serde(default, with = "moment", skip_serializing_if = "Option::is_none")]
    pub until: Option<OffsetDateTime>,
    /// From this source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The body holds this text, upper and lower case of ASCII alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The SHA-256 of the body as it came starts with these hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// In this status; none: in any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
}

/// What has become of a dead letter.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a fix.
    Open,
    /// Became an alert.
    Resolved,
    /// Given up.
    Discarded,
}

impl Status {
    /// The name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Discarded => "discarded",
        }
    }
}

impl ToSql for Status {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        self.name().to_sql(ty, out)
    }

    accepts!(TEXT);
    to_sql_checked!();
}

impl Filter {
    /// The same conditions, in this status or in any.
    #[must_use]
    pub fn of_status(mut self, status: Option<Status>) -> Self {
        self.status = status;
        self
    }

    /// The parameters of the clause, with `more` behind them.
    pub(super) fn parameters<'a>(
        &'a self,
        more: &[&'a (dyn ToSql + Sync)],
    ) -> Vec<&'a (dyn ToSql + Sync)> {
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
            &self.ids,
            &self.reasons,
            &self.since,
            &self.until,
            &self.source,
            &self.text,
            &self.sha256,
            &self.status,
        ];
        parameters.extend_from_slice(more);
        parameters
    }
}

/// Reads `2026-11-24T10:00:00Z`, `2026-11-24` (midnight UTC), or a time before `now` such as `24h`.
///
/// # Errors
/// Says which forms there are.
pub fn parse_moment(text: &str, now: OffsetDateTime) -> Result<OffsetDateTime, String> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        return Ok(moment);
    }
    if let Ok(day) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
        return Ok(day.midnight().assume_utc());
    }
    humantime_serde::re::humantime::parse_duration(text)
        .ok()
        .and_then(|age| now.checked_sub(age.try_into().ok()?))
        .ok_or_else(|| {
            format!("{text:?} is no time; write 2026-11-24T10:00:00Z, 2026-11-24, or an age such as 24h or 7d")
        })
}

/// Reads the first hex digits of a SHA-256.
///
/// # Errors
/// Says what is wanted.
pub fn parse_sha256(text: &str) -> Result<String, String> {
    let digits = text.to_ascii_lowercase();
    if !digits.is_empty() && digits.len() <= 64 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        Ok(digits)
    } else {
        Err("write 1 to 64 hex digits".to_owned())
    }
}

mod moment {
    //! A time as RFC 3339 text.

    use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    #[expect(
        clippy::ref_option,
        reason = "serde's with hands a reference to the field"
    )]
    pub(super) fn serialize<S: Serializer>(
        moment: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = moment.map(|moment| moment.format(&Rfc3339)).transpose();
        serializer.serialize_some(&text.map_err(S::Error::custom)?)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let text: Option<String> = Option::deserialize(deserializer)?;
        text.map(|text| OffsetDateTime::parse(&text, &Rfc3339).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_back_from_the_json_a_run_keeps() -> Result<(), serde_json::Error> {
        let filter = Filter {
            reasons: Some(vec!["normalize".into()]),
            since: Some(OffsetDateTime::UNIX_EPOCH),
            text: Some("Rule \"x\"".into()),
            ..Filter::default()
        }
        .of_status(Some(Status::Open));
        let read: Filter = serde_json::from_str(&serde_json::to_string(&filter)?)?;
        let status = read.status;
        assert_eq!(read.of_status(status), filter);
        Ok(())
    }

    #[test]
    fn a_moment_is_a_time_a_day_or_an_age() {
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(2);
        let day = now - time::Duration::days(1);
        for text in ["1970-01-02T00:00:00Z", "1970-01-02", "24h", "1d"] {
            assert_eq!(parse_moment(text, now), Ok(day), "{text}");
        }
        assert!(parse_moment("soon", now).is_err());
    }
}
