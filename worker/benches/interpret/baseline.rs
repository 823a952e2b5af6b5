//! The usual way, to compare with: parse into a `serde_json::Value`, then look up every path one by one, as a dotted key
//! or nested, through lists. It does less than ours: it finds no split paths, checks no value and makes no alert.

use calseta_worker::extract::fields;
use serde_json::Value;

/// What an alert is normalized from; the places of one thing side by side.
const NORMALIZED: &[&str] = &[
    "@timestamp",
    "kibana.alert.start",
    "kibana.alert.original_time",
    "signal.original_time",
    "kibana.alert.uuid",
    "kibana.alert.severity",
    "kibana.alert.risk_score",
    "kibana.alert.reason",
    "signal.reason",
    "kibana.alert.workflow_status",
    "signal.status",
    "kibana.alert.workflow_tags",
    "kibana.alert.url",
    "kibana.version",
    "kibana.space_ids",
    "kibana.alert.building_block_type",
    "kibana.alert.status",
    "kibana.alert.original_event.action",
    "signal.original_event.action",
    "event.action",
    "kibana.alert.original_event.outcome",
    "signal.original_event.outcome",
    "event.outcome",
    "event.kind",
    "event.module",
    "event.severity",
    "event.risk_score",
    "agent.type",
    "data_stream.dataset",
    "message",
    "rule.name",
    "kibana.alert.attack_discovery.title",
    "kibana.alert.attack_discovery.mitre_attack_tactics",
    "kibana.alert.rule.parameters",
    "kibana.alert.rule.threat",
    "signal.rule.threat",
    "threat",
    "kibana.alert.rule.parameters.threat",
    "kibana.alert.threshold_result.terms",
    "signal.threshold_result.terms",
    "kibana.alert.suppression.terms",
    "kibana.alert.new_terms",
    "threat.enrichments",
    "threat.indicator",
];
/// What is wanted of a rule, at each of its places.
const RULE: &[&str] = &[
    "id",
    "uuid",
    "rule_id",
    "name",
    "type",
    "rule_type_id",
    "version",
    "description",
    "severity",
    "risk_score",
    "tags",
    "building_block_type",
];

pub(crate) struct Baseline {
    paths: Vec<String>,
}

impl Baseline {
    pub(crate) fn new() -> Self {
        let places = [
            "kibana.alert.rule",
            "signal.rule",
            "kibana.alert.rule.parameters",
        ];
        let rule = places
            .iter()
            .flat_map(|place| RULE.iter().map(move |name| format!("{place}.{name}")));
        let plain = fields::all()
            .map(|field| field.path)
            .chain(NORMALIZED.iter().copied());
        Self {
            paths: plain.map(str::to_owned).chain(rule).collect(),
        }
    }

    /// The document's values at every path.
    pub(crate) fn interpret(&self, text: &str) -> Vec<String> {
        let Ok(document) = serde_json::from_str::<Value>(text) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for path in &self.paths {
            look_up(&document, path, &mut found);
        }
        found
    }
}

fn look_up(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| look_up(item, path, found)),
        Value::Object(members) => {
            if let Some(value) = members.get(path) {
                take(value, found);
            } else if let Some((first, rest)) = path.split_once('.')
                && let Some(value) = members.get(first)
            {
                look_up(value, rest, found);
            }
        }
        _ => {}
    }
}

fn take(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| take(item, found)),
        Value::String(text) => found.push(text.clone()),
        Value::Number(number) => found.push(number.to_string()),
        _ => {}
    }
}
