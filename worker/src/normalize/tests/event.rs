//! Family of fields, id, link and the original event.

use serde_json::json;

use super::{normalize, normalize_with, notes};
use crate::alert::Schema;
use crate::fields::PathError;
use crate::normalize::NormalizeInput;

#[test]
fn the_schema_is_told_by_the_fields_there_are() {
    let cases = [
        (
            json!({"signal": {"rule": {"name": "x"}}}),
            Some(Schema::Legacy),
        ),
        (
            json!({"kibana.alert.uuid": "x", "signal": {}}),
            Some(Schema::Kibana),
        ),
        (
            json!({"kibana": {"alert": {"uuid": "x"}}, "signal": {"status": "open"}}),
            Some(Schema::Both),
        ),
        (
            json!({"event.kind": "alert", "event": {"module": "endpoint"}}),
            Some(Schema::Defend),
        ),
        (
            json!({"event.kind": "alert", "event": {"module": "okta"}}),
            None,
        ),
        (json!({"rule": "x", "severity": "high"}), None),
    ];
    for (document, expected) in cases {
        assert_eq!(normalize(&document).schema, expected, "{document}");
    }
}

#[test]
fn the_id_is_kibanas_or_else_the_documents() -> Result<(), PathError> {
    let input = NormalizeInput {
        hit_id: Some("hit"),
        ..NormalizeInput::default()
    };
    let cases = [
        (
            r#"{"kibana.alert.uuid": ["uuid"], "_id": "root"}"#,
            input,
            Some("uuid"),
        ),
        (r#"{"_id": "root"}"#, input, Some("hit")),
        (
            r#"{"_id": "root"}"#,
            NormalizeInput::default(),
            Some("root"),
        ),
        (
            "{}",
            NormalizeInput {
                hit_id: Some(" "),
                ..input
            },
            None,
        ),
    ];
    for (document, input, expected) in cases {
        assert_eq!(
            normalize_with(document, input)?.elastic_id.as_deref(),
            expected,
            "{document}"
        );
    }
    Ok(())
}

#[test]
fn the_original_event_comes_before_its_copy() {
    let alert = normalize(&json!({
        "kibana.alert.original_event": {"action": "login"}, "event": {"action": "copied", "outcome": "failure"},
    }));
    assert_eq!(
        (
            alert.event_action.as_deref(),
            alert.event_outcome.as_deref()
        ),
        (Some("login"), Some("failure"))
    );
    // What another family of rules writes there is its own doing, not an event's.
    let other = normalize(
        &json!({"kibana.alert.rule.rule_type_id": "attack-discovery", "event.action": "open"}),
    );
    assert_eq!(other.event_action, None);
}

#[test]
fn a_link_damaged_by_html_decoding_is_mended() {
    let alert = normalize(&json!({"kibana.alert.url": "https://k/app?index=x\u{d7}tamp=2024"}));
    assert_eq!(
        alert.alert_url.as_deref(),
        Some("https://k/app?index=x&timestamp=2024")
    );
    assert!(notes(&alert).contains(&"alert_url_mended"));
}

#[test]
fn an_attack_discovery_is_described_by_its_summary() {
    let alert = normalize(&json!({
        "kibana.alert.attack_discovery.summary_markdown": "with {{ host.name uuid }}",
        "kibana.alert.attack_discovery.summary_markdown_with_replacements": "with {{ host.name SRV }}",
    }));
    assert_eq!(
        alert.description.as_deref(),
        Some("with {{ host.name SRV }}")
    );
    assert!(notes(&alert).contains(&"description_from_attack_discovery"));
}
