//! The normalized alert: one clean schema for every Kibana version, rule type and transport. It holds what the document
//! says and nothing invented: what is missing is None, and what was mended or fell back is in [`Alert::notes`].

mod note;
mod severity;
mod threat;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use note::Note;
pub use severity::Severity;
pub use threat::{Tactic, Technique, Threat};

/// One alert, normalized. Text is as the document has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// The rule's name, or what comes nearest to it; never empty.
    pub title: String,
    /// The effective severity.
    #[serde(flatten)]
    pub severity: Severity,
    /// The severity as the document has it.
    pub severity_sent: Option<String>,
    /// When the alert was made, in UTC; None only when neither the document nor the caller has a time.
    #[serde(serialize_with = "rfc3339")]
    pub occurred_at: Option<OffsetDateTime>,
    /// Whether `occurred_at` is the time of receipt for want of a better one.
    pub occurred_at_estimated: bool,
    /// When the event behind the alert happened, in UTC.
    #[serde(serialize_with = "rfc3339")]
    pub event_time: Option<OffsetDateTime>,
    /// ATT&CK tactic ids, in order, unique.
    pub mitre_tactics: Vec<String>,
    /// ATT&CK technique ids, each followed by its subtechniques, in order, unique.
    pub mitre_techniques: Vec<String>,
    /// The threat blocks with names, of any framework.
    pub threat: Vec<Threat>,
    /// What the rule looks for.
    pub description: Option<String>,
    /// Kibana's one sentence of why.
    pub reason: Option<String>,
    /// Usually 0 to 100, but sums of scores are higher; finite.
    pub risk_score: Option<f64>,
    /// The rule's tags without Kibana's internal ones, unique.
    pub tags: Vec<String>,
    /// The analyst's tags, unique.
    pub workflow_tags: Vec<String>,
    /// The stable rule id, the same everywhere for a prebuilt rule.
    pub rule_id: Option<String>,
    /// The rule's id in this installation and space.
    pub rule_uuid: Option<String>,
    /// The rule's name.
    pub rule_name: Option<String>,
    /// `query`, `eql`, `threshold` and so on.
    pub rule_type: Option<String>,
    /// The rule's version, as written.
    pub rule_version: Option<String>,
    /// The Kibana space.
    pub space: Option<String>,
    /// Where Kibana shows the alert.
    pub alert_url: Option<String>,
    /// `open`, `acknowledged`, `closed`; `in-progress` in 7.x.
    pub workflow_status: Option<String>,
    /// Whether this is a building block of other alerts, not an alert for an analyst.
    pub building_block: bool,
    /// The action of the original event.
    pub event_action: Option<String>,
    /// The outcome of the original event.
    pub event_outcome: Option<String>,
    /// Which family of fields the document has; None when none of them.
    pub schema: Option<Schema>,
    /// The version of Kibana that made the alert.
    pub kibana_version: Option<String>,
    /// Kibana's alert uuid, or the id of the document in its index.
    pub elastic_id: Option<String>,
    /// What was mended or fell back, each once.
    pub notes: Vec<Note>,
}

/// Which family of fields a document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Schema {
    /// `signal.*`, Kibana 7.
    Legacy,
    /// `kibana.alert.*`, Kibana 8 and later.
    Kibana,
    /// Both: 8.x and later by webhook, where the old names are copied beside the new.
    Both,
    /// A raw Elastic Defend alert, with neither.
    Defend,
}

impl Schema {
    /// The name it is stored and serialized under.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Kibana => "kibana",
            Self::Both => "both",
            Self::Defend => "defend",
        }
    }
}

#[expect(
    clippy::ref_option,
    reason = "serde's serialize_with hands a reference to the field"
)]
fn rfc3339<S: Serializer>(time: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => {
            let text = time.format(&Rfc3339).map_err(serde::ser::Error::custom)?;
            serializer.serialize_some(&text)
        }
        None => serializer.serialize_none(),
    }
}
