//! Values whose type is that of the field they name: of thresholds, new terms and matches of threat intelligence.

use super::{drops, extract, summary};

#[test]
fn terms_are_typed_by_the_field_they_name() -> anyhow::Result<()> {
    let listed = extract(
        r#"{"kibana.alert.threshold_result": {"terms": [{"field": "source.ip", "value": "8.8.8.8"},
            {"field": "user.name.keyword", "value": "ann"}, {"field": "host.name", "value": "web.example.com"}, {"field": "user.name", "value": null}]},
            "kibana.alert.suppression.terms": [{"field": "user.name", "value": ["bob", "eve"]}]}"#,
    )?;
    assert_eq!(
        summary(&listed),
        [
            "ip 8.8.8.8 source",
            "account ann user",
            "account bob user",
            "account eve user"
        ]
    );
    let flat = extract(
        r#"{"kibana": {"alert": {"threshold_result": {"terms": {"field": ["source.ip", "user.name"], "value": ["8.8.8.8", "bob"]}},
            "suppression.terms.field": ["user.name", "source.ip"], "suppression.terms.value": ["eve"]}}}"#,
    )?;
    assert_eq!(summary(&flat), ["ip 8.8.8.8 source", "account bob user"]);
    assert_eq!(drops(&flat), ["unpaired 1"]);
    let old = extract(
        r#"{"signal": {"rule": {"threshold": {"field": "source.ip"}}, "threshold_result": {"count": 9, "value": "8.8.8.8"}}}"#,
    )?;
    assert_eq!(
        old.indicators[0].sources[0].field,
        "signal.threshold_result.value"
    );
    Ok(())
}

#[test]
fn new_terms_are_typed_by_the_rules_parameters() -> anyhow::Result<()> {
    let nested = r#"{"kibana.alert.new_terms": ["bob", "8.8.8.8"],
        "kibana.alert.rule.parameters": {"new_terms_fields": ["user.name", "source.ip"]}}"#;
    let text = r#"{"kibana": {"alert": {"new_terms": ["bob", "8.8.8.8"],
        "rule": {"parameters": ["{\"new_terms_fields\":[\"user.name\",\"source.ip\"]}"]}}}}"#;
    for document in [nested, text] {
        assert_eq!(
            summary(&extract(document)?),
            ["ip 8.8.8.8 source", "account bob user"]
        );
    }
    let unnamed = extract(r#"{"kibana.alert.new_terms": ["bob", "8.8.8.8"]}"#)?;
    assert_eq!(
        (summary(&unnamed).len(), drops(&unnamed)),
        (0, vec!["unpaired 2".to_owned()])
    );
    Ok(())
}

#[test]
fn a_match_is_typed_by_the_field_it_hit_even_with_an_empty_indicator() -> anyhow::Result<()> {
    let found = extract(
        r#"{"threat": {"enrichments": [
              {"indicator": {}, "feed": {}, "matched": {"atomic": "Evil.example", "field": "dns.question.name"}},
              {"indicator.ip": "8.8.8.8", "matched.atomic": "8.8.8.8", "matched.field": "related.ip"},
              {"matched": {"atomic": "own-host", "field": "host.name"}}],
            "indicator": [{"matched": {"atomic": ["https://evil.example/x"], "field": ["url.full"]}}]}}"#,
    )?;
    assert_eq!(
        summary(&found),
        [
            "ip 8.8.8.8 threat_intel,threat_intel",
            "domain evil.example threat_intel",
            "url https://evil.example/x threat_intel",
        ]
    );
    assert_eq!(
        found.indicators[1].sources[0].field,
        "threat.enrichments.matched.atomic"
    );
    Ok(())
}
