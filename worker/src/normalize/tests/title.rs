//! Which name wins, and what stands in for none.

use serde_json::json;

use super::{normalize, normalize_with, notes};
use crate::fields::PathError;
use crate::normalize::NormalizeInput;

#[test]
fn the_title_is_the_first_name_there_is() {
    let all = json!({
        "kibana.alert.rule.name": "kibana", "signal.rule.name": "signal", "rule.name": "rule",
        "kibana.alert.attack_discovery.title": "discovery", "kibana.alert.reason": "reason",
    });
    let order = [
        ("kibana.alert.rule.name", "kibana", None),
        ("signal.rule.name", "signal", None),
        ("rule.name", "rule", None),
        (
            "kibana.alert.attack_discovery.title",
            "discovery",
            Some("title_from_attack_discovery"),
        ),
        ("kibana.alert.reason", "reason", Some("title_from_reason")),
        ("", "Untitled Elastic Alert", Some("title_missing")),
    ];
    let mut left = all;
    for (path, expected, note) in order {
        let alert = normalize(&left);
        assert_eq!(alert.title, expected);
        let title_notes: Vec<_> = notes(&alert)
            .into_iter()
            .filter(|note| note.starts_with("title"))
            .collect();
        assert_eq!(
            title_notes,
            note.into_iter().collect::<Vec<_>>(),
            "{expected}"
        );
        // A blank name is no name.
        left[path] = json!(["", " \n", null]);
    }
}

#[test]
fn a_raw_defend_alert_is_titled_by_its_message_and_others_are_not() {
    let mut alert = json!({"event": {"kind": "alert", "module": "endpoint"}, "message": "Malware Detection Alert"});
    assert_eq!(normalize(&alert).title, "Malware Detection Alert");
    alert["event"]["kind"] = json!("event");
    assert_eq!(normalize(&alert).title, "Untitled Elastic Alert");
}

#[test]
fn a_thin_alert_is_titled_by_the_rule_beside_it() -> Result<(), PathError> {
    let context = Some(r#"{"name": "Beside", "id": "u-1", "severity": "low"}"#);
    let input = NormalizeInput {
        rule_context: context,
        ..NormalizeInput::default()
    };
    let alert = normalize_with(r#"{"source.ip": "1.2.3.4"}"#, input)?;
    assert_eq!(
        (alert.title.as_str(), alert.rule_uuid.as_deref()),
        ("Beside", Some("u-1"))
    );
    assert!(notes(&alert).contains(&"title_from_rule_context"));
    let alert = normalize_with(r#"{"kibana.alert.rule.name": "Own"}"#, input)?;
    assert_eq!(alert.title, "Own");
    Ok(())
}
