//! Calseta's six severities. The number is part of the API and of the store: it never changes its meaning.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

/// How bad an alert is. Serialized as `severity` (the name) and `severity_id` (the number).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Nobody said, or in a word that is none of Elastic's.
    Pending = 0,
    /// For information.
    Informational = 1,
    /// Low.
    Low = 2,
    /// Medium.
    Medium = 3,
    /// High.
    High = 4,
    /// Critical.
    Critical = 5,
}

impl Severity {
    /// The severity of Elastic's word for it, in any case and with white space around; None for any other text.
    pub fn from_sent(sent: &str) -> Option<Self> {
        let known = [
            Self::Informational,
            Self::Low,
            Self::Medium,
            Self::High,
            Self::Critical,
        ];
        known
            .into_iter()
            .find(|severity| severity.as_str().eq_ignore_ascii_case(sent.trim()))
    }

    /// The name, such as `High`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
            Self::Critical => "Critical",
        }
    }

    /// The number, 0 to 5.
    pub const fn id(self) -> i16 {
        self as i16
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Severity", 2)?;
        fields.serialize_field("severity", self.as_str())?;
        fields.serialize_field("severity_id", &self.id())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::Severity;

    #[test]
    fn only_elastics_own_words_are_severities() {
        let known = [
            ("low", 2),
            (" High\n", 4),
            ("CRITICAL", 5),
            ("medium", 3),
            ("informational", 1),
        ];
        for (sent, id) in known {
            assert_eq!(
                Severity::from_sent(sent).map(Severity::id),
                Some(id),
                "{sent:?}"
            );
        }
        for sent in ["", "info", "severe", "73", "pending", "hi gh", "ＨＩＧＨ"] {
            assert_eq!(Severity::from_sent(sent), None, "{sent:?}");
        }
    }

    #[test]
    fn a_severity_is_serialized_by_name_and_number() -> Result<(), serde_json::Error> {
        let value = serde_json::to_value(Severity::High)?;
        assert_eq!(
            value,
            serde_json::json!({"severity": "High", "severity_id": 4})
        );
        Ok(())
    }
}
