//! What normalizing mended or where it fell back: a closed list of stable names, so that they can be counted, searched
//! and explained. A name is never reused for another meaning.

use serde::{Serialize, Serializer};

macro_rules! notes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// One thing that was mended or fell back.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Note {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Note {
            /// Every note there is.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

notes! {
    /// No rule name: the title is the attack discovery's.
    TitleFromAttackDiscovery = "title_from_attack_discovery",
    /// No rule name: the title is the alert's reason.
    TitleFromReason = "title_from_reason",
    /// No rule name: the title is the raw Defend alert's message.
    TitleFromMessage = "title_from_message",
    /// The title is the name of the rule sent beside the alerts.
    TitleFromRuleContext = "title_from_rule_context",
    /// Nothing names the alert.
    TitleMissing = "title_missing",
    /// The severity is none of Elastic's words; it is kept as sent.
    SeverityUnknown = "severity_unknown",
    /// No severity was sent.
    SeverityMissing = "severity_missing",
    /// The severity is the one of the rule sent beside the alerts.
    SeverityFromRuleContext = "severity_from_rule_context",
    /// No `@timestamp`: `timestamp` was taken.
    OccurredAtFromTimestamp = "occurred_at_from_timestamp",
    /// No readable `@timestamp`: the alert's start was taken.
    OccurredAtFromStart = "occurred_at_from_start",
    /// No readable `@timestamp`: the event's time was taken.
    OccurredAtFromOriginalTime = "occurred_at_from_original_time",
    /// No readable time at all: the time of receipt was taken.
    OccurredAtFromReceipt = "occurred_at_from_receipt",
    /// No readable time and no time of receipt.
    OccurredAtMissing = "occurred_at_missing",
    /// A time is written in no known way and was left out.
    TimestampUnreadable = "timestamp_unreadable",
    /// A time is before 1970 or after 9999 and was left out.
    TimestampOutOfRange = "timestamp_out_of_range",
    /// A time has no zone and was read as UTC, as Elasticsearch does.
    TimestampWithoutZone = "timestamp_without_zone",
    /// The threat is from the rule's parameters.
    ThreatFromParameters = "threat_from_parameters",
    /// The threat is the event's own, the rule names none.
    ThreatFromEcs = "threat_from_ecs",
    /// The tactics are the attack discovery's names.
    ThreatFromAttackDiscovery = "threat_from_attack_discovery",
    /// The threat is the one of the rule sent beside the alerts.
    ThreatFromRuleContext = "threat_from_rule_context",
    /// Several tactics came as flat lists: which technique belongs to which is not known.
    ThreatUngrouped = "threat_ungrouped",
    /// A list of tags, tactics or techniques is longer than any rule's and was cut; the raw document has the rest.
    ListCut = "list_cut",
    /// A risk score is no number and was left out.
    RiskScoreUnreadable = "risk_score_unreadable",
    /// The rule type was read off the rule type id.
    RuleTypeFromId = "rule_type_from_id",
    /// The description is the attack discovery's summary.
    DescriptionFromAttackDiscovery = "description_from_attack_discovery",
    /// HTML decoding had damaged the alert's link.
    AlertUrlMended = "alert_url_mended",
    /// The rule's parameters are text that is no readable JSON object.
    RuleParametersUnreadable = "rule_parameters_unreadable",
    /// The rule sent beside the alerts is no readable JSON object.
    RuleContextUnreadable = "rule_context_unreadable",
}

impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
