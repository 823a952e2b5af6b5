//! The same alert in every shape is the same alert, and no JSON is too much.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::normalize;
use crate::alert::{Note, Severity};

/// An alert with a value for nearly everything, keys dotted as Kibana writes them.
fn alert() -> Value {
    json!({
        "@timestamp": "2024-01-02T03:04:05.678Z",
        "kibana.alert.uuid": "uuid", "kibana.alert.severity": "high", "kibana.alert.risk_score": 73,
        "kibana.alert.reason": "reason", "kibana.alert.original_time": 1_704_164_645_000_u64,
        "kibana.alert.workflow_status": "open", "kibana.alert.workflow_tags": ["mine"],
        "kibana.alert.original_event.action": "start", "kibana.alert.original_event.outcome": "success",
        "kibana.alert.rule.name": "Rule", "kibana.alert.rule.uuid": "rule-uuid",
        "kibana.alert.rule.rule_id": "stable", "kibana.alert.rule.rule_type_id": "siem.eqlRule",
        "kibana.alert.rule.version": 101, "kibana.alert.rule.description": "What it looks for.",
        "kibana.alert.rule.tags": ["a", "b, c"], "kibana.alert.rule.building_block_type": "default",
        "kibana.alert.rule.threat": [
            {"framework": "MITRE ATT&CK", "tactic": {"id": "TA0002", "name": "Execution", "reference": "r"},
             "technique": [{"id": "T1059", "name": "Interpreter", "subtechnique": [{"id": "T1059.001"}]}]},
            {"framework": "MITRE ATT&CK", "tactic": {"id": "TA0005", "name": "Defense Evasion"}, "technique": []},
        ],
        "kibana.space_ids": ["default"], "kibana.version": "8.19.1", "kibana.alert.url": "https://k/x",
    })
}

/// The document with every dot of a key opened to an object, or not, as the cuts say, round and round.
fn nest(document: &Value, cuts: &[bool]) -> Value {
    let mut root = Map::new();
    let mut cut = cuts.iter().cycle();
    for (path, value) in document.as_object().into_iter().flatten() {
        let mut keys: Vec<String> = Vec::new();
        for segment in path.split('.') {
            match keys.last_mut() {
                Some(last) if cut.next() == Some(&true) => *last = format!("{last}.{segment}"),
                _ => keys.push(segment.to_owned()),
            }
        }
        insert(&mut root, &keys, value);
    }
    Value::Object(root)
}

/// Puts a value below a way of keys.
fn insert(place: &mut Map<String, Value>, keys: &[String], value: &Value) {
    match keys {
        [] => {}
        [last] => drop(place.insert(last.clone(), value.clone())),
        [key, rest @ ..] => {
            let inner = place.entry(key.clone()).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// The document with every leaf in a list.
fn listed(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), listed(value)))
            .collect(),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            items.iter().map(listed).collect()
        }
        Value::Array(items) => Value::Array(items.clone()),
        leaf => json!([leaf]),
    }
}

#[test]
fn the_alert_has_what_the_document_says() {
    let found = normalize(&alert());
    assert_eq!(
        (found.title.as_str(), found.severity, found.risk_score),
        ("Rule", Severity::High, Some(73.0))
    );
    assert_eq!(found.mitre_techniques, ["T1059", "T1059.001"]);
    assert_eq!(found.notes, [Note::RuleTypeFromId]);
    assert!(
        found.building_block
            && found.event_time.is_some()
            && found.rule_version.as_deref() == Some("101")
    );
}

proptest! {
    #[test]
    fn the_same_alert_in_any_shape_is_the_same(cuts in prop::collection::vec(any::<bool>(), 1..80), lists in any::<bool>()) {
        let document = nest(&alert(), &cuts);
        let document = if lists { listed(&document) } else { document };
        prop_assert_eq!(normalize(&document), normalize(&alert()), "{}", document);
    }

    #[test]
    fn no_json_is_too_much(document in any_json()) {
        let alert = normalize(&document);
        prop_assert!(!alert.title.is_empty());
        prop_assert!(serde_json::to_string(&alert).is_ok());
    }
}

/// Any JSON, with keys that are wanted and values that nearly fit.
fn any_json() -> impl Strategy<Value = Value> {
    let texts = prop::sample::select(vec![
        "",
        " ",
        "high",
        "alert",
        "endpoint",
        "-1",
        "9e99",
        "{\"threat\":[{}]}",
        "T1.1",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        let words = vec![
            "kibana",
            "alert",
            "rule",
            "signal",
            "threat",
            "tactic",
            "technique",
            "subtechnique",
            "id",
            "name",
            "tags",
            "parameters",
            "severity",
            "risk_score",
            "@timestamp",
            "original_time",
            "event",
            "kind",
            "module",
            "version",
            "framework",
            "attack_discovery",
            "mitre_attack_tactics",
            "url",
            "start",
            "*",
            "",
        ];
        let key = prop::collection::vec(prop::sample::select(words), 1..4)
            .prop_map(|words| words.join("."));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..8)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}
