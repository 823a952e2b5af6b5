//! Ids, type, tags and what else is known of the rule, from wherever it is.

use serde_json::{Value, json};

use super::{normalize, notes};

#[test]
fn a_rule_type_id_stands_in_for_the_type() {
    let cases = [
        (json!("siem.queryRule"), Some("query")),
        (json!(["siem.indicatorRule"]), Some("threat_match")),
        (json!("siem.esqlRule"), Some("esql")),
        (json!("siem.newTermsRule"), Some("new_terms")),
        (json!("siem.futureRule"), Some("siem.futureRule")),
        (json!("attack-discovery"), Some("attack-discovery")),
        (json!(null), None),
    ];
    for (id, expected) in cases {
        let alert = normalize(&json!({"kibana.alert.rule.rule_type_id": id}));
        assert_eq!(alert.rule_type.as_deref(), expected, "{id}");
        assert_eq!(
            notes(&alert).contains(&"rule_type_from_id"),
            expected.is_some(),
            "{id}"
        );
    }
    let both = json!({"kibana.alert.rule.type": "eql", "kibana.alert.rule.rule_type_id": "siem.queryRule"});
    assert_eq!(normalize(&both).rule_type.as_deref(), Some("eql"));
}

#[test]
fn kibanas_internal_tags_are_dropped_and_others_kept_as_sent() {
    let tags = json!([
        "__internal_rule_id:1",
        "a, b, c",
        "",
        "x",
        "x",
        "__internal_immutable:true"
    ]);
    for document in [
        json!({"signal": {"rule": {"tags": tags}}}),
        json!({"kibana.alert.rule": {"tags": tags}}),
    ] {
        assert_eq!(normalize(&document).tags, ["a, b, c", "x"]);
    }
}

#[test]
fn a_list_longer_than_any_rules_is_cut_and_said_to_be() {
    let tags: Vec<String> = (0..1001).map(|index| index.to_string()).collect();
    let alert = normalize(&json!({"kibana.alert.rule.tags": tags}));
    assert_eq!(
        (alert.tags.len(), notes(&alert).contains(&"list_cut")),
        (1000, true)
    );
    let alert = normalize(&json!({"kibana.alert.rule.tags": tags[1..]}));
    assert_eq!(
        (alert.tags.len(), notes(&alert).contains(&"list_cut")),
        (1000, false)
    );
}

#[test]
fn parameters_sent_as_text_are_read_like_parameters() {
    let inner = json!({
        "severity": "medium", "rule_id": "r-1", "risk_score": 47, "type": "query", "version": 3, "description": "why",
        "threat": [{"framework": "MITRE ATT&CK", "tactic": {"id": "TA0001", "name": "Initial Access"}}],
    });
    let as_text = json!({"kibana": {"alert": {"rule": {"parameters": [inner.to_string()]}}}});
    let as_object = json!({"kibana.alert.rule.parameters": inner});
    let alert = normalize(&as_text);
    assert_eq!(alert.rule_id.as_deref(), Some("r-1"));
    assert_eq!(alert.mitre_tactics, ["TA0001"]);
    // Neither has what else would make it Kibana's.
    assert_eq!(alert, normalize(&as_object));
    let broken = normalize(&json!({"kibana.alert.rule.parameters": "{\"severity\": "}));
    assert!(notes(&broken).contains(&"rule_parameters_unreadable"));
}

#[test]
fn both_families_of_ids_are_known() {
    let legacy: Value =
        json!({"signal": {"rule": {"id": "uuid", "rule_id": "stable", "version": 7}}});
    let kibana: Value = json!({
        "kibana.alert.rule.uuid": "uuid", "kibana.alert.rule.rule_id": "stable", "kibana.alert.rule.version": ["7"],
        "kibana.alert.rule.parameters": {"rule_id": "other"},
    });
    for document in [legacy, kibana] {
        let alert = normalize(&document);
        let ids =
            [alert.rule_uuid, alert.rule_id, alert.rule_version].map(Option::unwrap_or_default);
        assert_eq!(ids, ["uuid", "stable", "7"]);
    }
}

#[test]
fn a_building_block_is_marked_wherever_it_says_so() {
    let paths = [
        "kibana.alert.building_block_type",
        "kibana.alert.rule.building_block_type",
        "signal.rule.building_block_type",
    ];
    for path in paths {
        assert!(
            normalize(&json!({path: "default"})).building_block,
            "{path}"
        );
    }
    assert!(!normalize(&json!({"kibana.alert.building_block_type": null})).building_block);
}
