//! Threat blocks from every place and in every form.

use serde_json::{Value, json};

use super::{normalize, normalize_with, notes};
use crate::fields::PathError;
use crate::normalize::NormalizeInput;

/// Two blocks: one with two techniques, of which one has subtechniques, and one with a tactic alone.
fn blocks() -> Value {
    json!([
        {"framework": "MITRE ATT&CK", "tactic": {"id": "TA0001", "name": "Initial Access", "reference": "r"},
         "technique": [
            {"id": "T1566", "name": "Phishing", "subtechnique": [{"id": "T1566.001"}, {"id": "T1566.002", "name": "L"}]},
            {"id": "T1190", "name": "Exploit", "subtechnique": []}]},
        {"framework": "MITRE ATT&CK", "tactic": {"id": "TA0005", "name": "Defense Evasion"}, "technique": null},
    ])
}

#[test]
fn the_first_place_that_has_a_threat_wins() {
    let other = json!([{"tactic": {"id": "TA9999"}}]);
    let places = [
        ("kibana.alert.rule.threat", None),
        ("signal.rule.threat", None),
        (
            "kibana.alert.rule.parameters.threat",
            Some("threat_from_parameters"),
        ),
        ("threat", Some("threat_from_ecs")),
    ];
    for (index, (place, note)) in places.iter().enumerate() {
        let mut document = json!({*place: blocks()});
        for (earlier, _) in &places[..index] {
            document[*earlier] = json!([]);
        }
        for (later, _) in &places[index + 1..] {
            document[*later] = other.clone();
        }
        let alert = normalize(&document);
        assert_eq!(alert.mitre_tactics, ["TA0001", "TA0005"], "{place}");
        assert_eq!(
            alert.mitre_techniques,
            ["T1566", "T1566.001", "T1566.002", "T1190"],
            "{place}"
        );
        assert_eq!(alert.threat.len(), 2, "{place}");
        assert_eq!(
            alert.threat[0].techniques[0].subtechniques[1]
                .name
                .as_deref(),
            Some("L"),
            "{place}"
        );
        assert_eq!(
            notes(&alert)
                .into_iter()
                .find(|note| note.starts_with("threat")),
            *note,
            "{place}"
        );
    }
}

#[test]
fn flat_lists_of_one_tactic_give_the_block_they_were_made_of() {
    let block = json!({"kibana.alert.rule.threat": [blocks()[0]]});
    let flat = json!({
        "kibana.alert.rule.threat.framework": ["MITRE ATT&CK"],
        "kibana.alert.rule.threat.tactic.id": ["TA0001"],
        "kibana.alert.rule.threat.tactic.name": ["Initial Access"],
        "kibana.alert.rule.threat.tactic.reference": ["r"],
        "kibana.alert.rule.threat.technique.id": ["T1566", "T1190"],
        "kibana.alert.rule.threat.technique.name": ["Phishing", "Exploit"],
        "kibana.alert.rule.threat.technique.subtechnique.id": ["T1566.001", "T1566.002"],
    });
    let (block, mut flat) = (normalize(&block), normalize(&flat));
    // The one name of two subtechniques does not say whose it is.
    flat.threat[0].techniques[0].subtechniques[1].name = Some("L".to_owned());
    assert_eq!(flat.threat, block.threat);
}

#[test]
fn flat_lists_of_several_tactics_keep_all_ids_and_guess_no_grouping() {
    let alert = normalize(&json!({
        "threat": {"framework": "MITRE ATT&CK", "tactic": {"id": ["TA0002", "TA0005"]}},
        "threat.technique.id": ["T1059", "T1218"], "threat.technique.subtechnique.id": "T1218.005",
    }));
    assert_eq!(alert.mitre_tactics, ["TA0002", "TA0005"]);
    assert_eq!(alert.mitre_techniques, ["T1059", "T1218", "T1218.005"]);
    assert!(notes(&alert).contains(&"threat_ungrouped"));
    assert!(
        alert
            .threat
            .iter()
            .all(|block| block.tactic.is_none() || block.techniques.is_empty())
    );
}

#[test]
fn another_frameworks_ids_are_not_attacks() {
    let alert = normalize(&json!({"kibana.alert.rule.threat": [
        {"framework": "Kill Chain", "tactic": {"id": "KC1", "name": "Delivery"}, "technique": [{"id": "K1"}]},
        {"framework": "mitre att&ck", "tactic": {"name": "Impact"}},
    ]}));
    assert_eq!(alert.threat[0].framework.as_deref(), Some("Kill Chain"));
    assert_eq!(
        (
            alert.mitre_tactics.len(),
            alert.mitre_techniques.len(),
            alert.threat.len()
        ),
        (0, 0, 2)
    );
}

#[test]
fn an_attack_discoverys_tactic_names_are_known_exactly_or_not_at_all() {
    let path = "kibana.alert.attack_discovery.mitre_attack_tactics";
    let alert = normalize(&json!({path: ["Command and Control", "impact", "Fun", "Execution"]}));
    assert_eq!(alert.mitre_tactics, ["TA0011", "TA0002"]);
    let names = alert
        .threat
        .iter()
        .filter_map(|block| block.tactic.as_ref()?.name.as_deref());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["Command and Control", "impact", "Fun", "Execution"]
    );
}

#[test]
fn the_same_blocks_dotted_and_nested_count_once() {
    let alert = normalize(&json!({
        "kibana.alert.rule.threat": blocks(), "kibana": {"alert": {"rule": {"threat": blocks()}}},
    }));
    assert_eq!((alert.threat.len(), alert.mitre_techniques.len()), (2, 4));
}

#[test]
fn intelligence_without_a_tactic_is_no_threat_block() {
    let alert = normalize(
        &json!({"threat": {"indicator": {"ip": "1.2.3.4"}, "enrichments": [{"matched": {}}]}}),
    );
    assert_eq!(
        (
            alert.threat.len(),
            notes(&alert).contains(&"threat_from_ecs")
        ),
        (0, false)
    );
}

#[test]
fn a_thin_alert_has_the_threat_of_the_rule_beside_it() -> Result<(), PathError> {
    let rule = json!({"threat": blocks()}).to_string();
    let alert = normalize_with(
        "{}",
        NormalizeInput {
            rule_context: Some(&rule),
            ..NormalizeInput::default()
        },
    )?;
    assert_eq!(alert.mitre_tactics, ["TA0001", "TA0005"]);
    assert!(notes(&alert).contains(&"threat_from_rule_context"));
    Ok(())
}
