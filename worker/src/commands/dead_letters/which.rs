//! Which dead letters a command means, as arguments. Values that no dead letter can have are refused.

use calseta_shared::{dead_letter::Reason, source::Source};
use clap::Args;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::dead_letters::{Filter, Status, parse_moment, parse_sha256};

/// Conditions; all that are given must hold.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// With this id; may be repeated.
    #[arg(long, value_name = "ID")]
    id: Vec<Uuid>,
    /// Dead for this reason; may be repeated.
    #[arg(long, value_name = "REASON")]
    reason: Vec<Reason>,
    /// Last seen since: 2026-11-24T10:00:00Z, 2026-11-24, or an age such as 24h.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<OffsetDateTime>,
    /// Last seen before, in the same forms.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<OffsetDateTime>,
    /// Sent by this source.
    #[arg(long, value_name = "SOURCE")]
    source: Option<Source>,
    /// The body holds this text, such as the name of a rule.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// The SHA-256 of the body as it came starts with these hex digits.
    #[arg(long, value_name = "HEX", value_parser = parse_sha256)]
    sha256: Option<String>,
}

impl Which {
    /// Whether there is no condition.
    pub(super) fn is_everything(&self) -> bool {
        self.filter() == Filter::default()
    }

    /// The conditions.
    pub(super) fn filter(&self) -> Filter {
        let reasons = self.reason.iter().map(|reason| reason.name().to_owned());
        let reasons: Vec<String> = reasons.collect();
        Filter {
            ids: (!self.id.is_empty()).then(|| self.id.clone()),
            reasons: (!reasons.is_empty()).then_some(reasons),
            since: self.since,
            until: self.until,
            source: self.source.map(|source| source.name().to_owned()),
            text: self.text.clone(),
            sha256: self.sha256.clone(),
            ..Filter::default()
        }
    }
}

/// A status, or none for any.
#[derive(Clone, Copy, Debug)]
pub(super) struct AnyStatus(pub(super) Option<Status>);

/// Reads `open`, `resolved`, `discarded` or `any`.
pub(super) fn status(name: &str) -> Result<AnyStatus, String> {
    if name == "any" {
        return Ok(AnyStatus(None));
    }
    clap::ValueEnum::from_str(name, false)
        .map(|status| AnyStatus(Some(status)))
        .map_err(|_| format!("{name:?} is none of open, resolved, discarded, any"))
}

fn moment(text: &str) -> Result<OffsetDateTime, String> {
    parse_moment(text, OffsetDateTime::now_utc())
}
