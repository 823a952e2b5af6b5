//! The text of a template: one detection rule's alert in one of the shapes Kibana and forwarders send.
//!
//! The eight indicators have the same fields in every shape, so that shapes can be compared.

use serde_json::{Map, Value, json};

use super::filler;

/// How a document is laid out.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// `kibana.alert.*` as dotted keys beside a nested source document: what an index holds.
    Dotted,
    /// Everything nested, as a mustache template of whole alerts sends it.
    Nested,
    /// `signal.*`, of Kibana before 8.0.
    Legacy,
}

impl Shape {
    pub(super) const ALL: [Self; 3] = [Self::Dotted, Self::Nested, Self::Legacy];
}

const SEVERITIES: [(&str, u64); 4] = [("low", 21), ("medium", 47), ("high", 73), ("critical", 99)];
/// Tactic id, its name, technique id, its name.
const THREATS: [[&str; 4]; 6] = [
    ["TA0006", "Credential Access", "T1110", "Brute Force"],
    [
        "TA0002",
        "Execution",
        "T1059",
        "Command and Scripting Interpreter",
    ],
    [
        "TA0003",
        "Persistence",
        "T1547",
        "Boot or Logon Autostart Execution",
    ],
    [
        "TA0005",
        "Defense Evasion",
        "T1218",
        "System Binary Proxy Execution",
    ],
    [
        "TA0011",
        "Command and Control",
        "T1071",
        "Application Layer Protocol",
    ],
    [
        "TA0010",
        "Exfiltration",
        "T1041",
        "Exfiltration Over C2 Channel",
    ],
];
const TYPES: [&str; 6] = [
    "query",
    "eql",
    "threshold",
    "new_terms",
    "esql",
    "threat_match",
];

/// The template of rule number `rule`, of about `bytes` bytes once rendered.
pub(super) fn template(shape: Shape, rule: u64, bytes: usize) -> String {
    let bare = document(shape, rule, "").to_string();
    // The values are about twice as long as the names of their holes; 300 bytes more than the text.
    let guide = filler::guide(bytes.saturating_sub(bare.len() + 300));
    document(shape, rule, &guide).to_string()
}

fn document(shape: Shape, number: u64, guide: &str) -> Value {
    let mut document = source(number);
    let rule = rule(number, guide);
    let facts = json!({
        "uuid": "{{id}}", "status": "active", "workflow_status": "open", "depth": 1,
        "original_time": "{{time}}", "reason": "process event with process rundll32.exe by {{user}} on {{host}}",
        "severity": rule["severity"], "risk_score": rule["risk_score"],
        "ancestors": [{"id": "{{id}}", "type": "event", "index": "logs-endpoint", "depth": 0}],
    });
    match shape {
        Shape::Legacy => {
            document.insert("_id".into(), "{{id}}".into());
            let signal = json!({"rule": rule, "status": "open", "depth": 1, "original_time": "{{time}}", "reason": facts["reason"]});
            document.insert("signal".into(), signal);
        }
        Shape::Nested => {
            let mut alert = facts;
            alert["rule"] = rule;
            let kibana = json!({"alert": alert, "space_ids": ["default"], "version": "8.15.3"});
            document.insert("kibana".into(), kibana);
        }
        Shape::Dotted => {
            dot(&mut document, "kibana.alert", &facts);
            dot(&mut document, "kibana.alert.rule", &rule);
            document.insert("kibana.space_ids".into(), json!(["default"]));
            document.insert("kibana.version".into(), "8.15.3".into());
        }
    }
    Value::Object(document)
}

/// The source document with its eight indicators.
fn source(number: u64) -> Map<String, Value> {
    let mut document = filler::event(number);
    let indicators = json!({
        "@timestamp": "{{time}}",
        "source": {"ip": "{{source_ip}}", "port": 50_000 + number},
        "destination": {"ip": "{{destination_ip}}", "port": 443},
        "host": {"name": "{{host}}", "ip": ["{{host_ip}}"], "os": {"family": "windows", "version": "10.0"}},
        "user": {"name": "{{user}}", "email": "{{email}}", "id": "S-1-5-21-1-2-3-1001"},
        "file": {"name": "update.dll", "path": "C:\\Users\\Public\\update.dll", "hash": {"sha256": "{{sha256}}"}},
        "url": {"full": "{{url}}", "domain": "{{domain}}", "scheme": "https"},
    });
    if let Value::Object(indicators) = indicators {
        document.extend(indicators);
    }
    document
}

fn rule(number: u64, guide: &str) -> Value {
    let kind = |count: usize| usize::try_from(number).unwrap_or_default() % count;
    let (severity, risk) = SEVERITIES[kind(SEVERITIES.len())];
    let [tactic, tactic_name, technique, technique_name] = THREATS[kind(THREATS.len())];
    json!({
        "uuid": format!("5eed0000-0000-4000-8000-{number:012}"),
        "rule_id": format!("load-rule-{number:03}"),
        "name": format!("{technique_name} by an Unusual Process ({number:03})"),
        "type": TYPES[kind(TYPES.len())], "version": 100 + number,
        "severity": severity, "risk_score": risk,
        "description": "Identifies a process that does what a process of its name does not do.",
        "tags": ["Domain: Endpoint", "OS: Windows", "Use Case: Threat Detection"],
        "threat": [{"framework": "MITRE ATT&CK",
            "tactic": {"id": tactic, "name": tactic_name},
            "technique": [{"id": technique, "name": technique_name}]}],
        "note": guide,
    })
}

fn dot(document: &mut Map<String, Value>, prefix: &str, value: &Value) {
    for (name, value) in value.as_object().into_iter().flatten() {
        document.insert(format!("{prefix}.{name}"), value.clone());
    }
}
