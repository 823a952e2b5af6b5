//! Which severity and which risk score win, and that nothing is guessed.

use serde_json::{Value, json};

use super::{normalize, notes};
use crate::alert::Severity;

#[test]
fn the_effective_severity_comes_before_the_rules() {
    let paths = [
        "kibana.alert.severity",
        "signal.rule.severity",
        "kibana.alert.rule.severity",
        "kibana.alert.rule.parameters.severity",
    ];
    for (index, path) in paths.iter().enumerate() {
        let mut document = json!({*path: "critical"});
        for lower in &paths[index + 1..] {
            document[*lower] = json!("low");
        }
        assert_eq!(normalize(&document).severity, Severity::Critical, "{path}");
    }
}

#[test]
fn what_is_no_word_of_elastics_is_pending_and_kept_as_sent() {
    let cases = [
        (json!(" HIGH "), Severity::High, Some(" HIGH ")),
        (json!(["medium", "low"]), Severity::Medium, Some("medium")),
        (
            json!("informational"),
            Severity::Informational,
            Some("informational"),
        ),
        (json!("severe"), Severity::Pending, Some("severe")),
        (json!(73), Severity::Pending, Some("73")),
        (json!(true), Severity::Pending, Some("true")),
        (json!(null), Severity::Pending, None),
        (json!({"level": "high"}), Severity::Pending, None),
    ];
    for (sent, expected, kept) in cases {
        let alert = normalize(&json!({"kibana.alert.severity": sent}));
        assert_eq!(
            (alert.severity, alert.severity_sent.as_deref()),
            (expected, kept),
            "{sent}"
        );
        let note = if kept.is_some() {
            "severity_unknown"
        } else {
            "severity_missing"
        };
        assert_eq!(
            notes(&alert).contains(&note),
            expected == Severity::Pending,
            "{sent}"
        );
    }
}

#[test]
fn an_unknown_severity_is_not_replaced_by_the_rules() {
    let alert = normalize(
        &json!({"kibana.alert.severity": "severe", "kibana.alert.rule.severity": "high"}),
    );
    assert_eq!(alert.severity, Severity::Pending);
}

#[test]
fn a_raw_defend_alerts_number_is_kept_and_not_mapped() {
    let alert = normalize(&json!({
        "event": {"kind": "alert", "module": "endpoint", "severity": 73, "risk_score": 73},
    }));
    assert_eq!(
        (alert.severity, alert.severity_sent.as_deref()),
        (Severity::Pending, Some("73"))
    );
    assert_eq!(alert.risk_score, Some(73.0));
}

#[test]
fn a_risk_score_is_a_finite_number_however_it_is_written() {
    let cases: [(Value, Option<f64>); 6] = [
        (json!(47), Some(47.0)),
        (json!(["21"]), Some(21.0)),
        (json!(" 73.5 "), Some(73.5)),
        (json!(1089), Some(1089.0)),
        (json!("inf"), None),
        (json!("high"), None),
    ];
    for (sent, expected) in cases {
        let alert = normalize(&json!({"kibana.alert.risk_score": sent}));
        assert_eq!(alert.risk_score, expected, "{sent}");
        assert_eq!(
            notes(&alert).contains(&"risk_score_unreadable"),
            expected.is_none(),
            "{sent}"
        );
    }
}
