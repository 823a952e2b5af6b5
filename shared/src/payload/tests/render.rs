//! Renders alerts the way Kibana, templates and forwarders do: every shape of the facts page, once.
//! An alert is a pair of id and message; the message may hold anything a string can.

use serde_json::{Value, json};

/// A way to spell one alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Dotted,
    Nested,
    Split,
    Lists,
    Legacy,
    Hit,
    FieldsHit,
}

pub(super) const SPELLINGS: [Spelling; 7] = [
    Spelling::Dotted,
    Spelling::Nested,
    Spelling::Split,
    Spelling::Lists,
    Spelling::Legacy,
    Spelling::Hit,
    Spelling::FieldsHit,
];

pub(super) fn alert(spelling: Spelling, id: &str, message: &str) -> String {
    let value = match spelling {
        Spelling::Dotted => {
            json!({"kibana.alert.uuid": id, "kibana.alert.rule.name": "r", "message": message})
        }
        Spelling::Nested => {
            json!({"kibana": {"alert": {"uuid": id, "rule": {"name": "r"}}}, "message": message})
        }
        Spelling::Split => {
            json!({"message": message, "kibana.alert": {"uuid": id}, "event": {"code": 1}, "event.kind": "signal"})
        }
        Spelling::Lists => {
            json!({"kibana": {"alert": {"uuid": [id]}}, "message": [message], "timestamp": ["t"]})
        }
        Spelling::Legacy => {
            json!({"signal": {"rule": {"name": "r"}}, "_id": id, "message": message})
        }
        Spelling::Hit => {
            json!({"_index": "i", "_id": id, "_source": {"signal": {"rule": {"name": "r"}}, "message": message}})
        }
        Spelling::FieldsHit => {
            json!({"_id": id, "fields": {"kibana.alert.rule.name": ["r"], "message": [message]}, "sort": [1]})
        }
    };
    value.to_string()
}

/// A way to put alerts into a body. Those that hold one alert only are in `ONE`.
pub(super) type Shape = fn(&[String]) -> String;

pub(super) const MANY: [(&str, Shape); 19] = [
    ("array", |alerts| format!("[{}]", alerts.join(","))),
    ("alerts", |alerts| {
        format!(
            r#"{{"rule":{{"name":"r"}},"alerts":[{}]}}"#,
            alerts.join(",")
        )
    }),
    ("context.alerts", |alerts| {
        format!(
            r#"{{"alertId":"x","rule":{{"id":"1"}},"context":{{"alerts":[{}],"rule":{{}}}},"state":{{}}}}"#,
            alerts.join(",")
        )
    }),
    ("dotted context.alerts", |alerts| {
        format!(r#"{{"context.alerts":[{}]}}"#, alerts.join(","))
    }),
    ("context.hits", |alerts| {
        format!(r#"{{"context":{{"hits":[{}]}}}}"#, alerts.join(","))
    }),
    ("body.context.alerts", |alerts| {
        format!(
            r#"{{"headers":{{}},"body":{{"context":{{"alerts":[{}]}}}}}}"#,
            alerts.join(",")
        )
    }),
    ("list of forwarded bodies", |alerts| {
        format!(
            r#"[{{"json":{{"body":{{"alerts":[{}]}}}}}}]"#,
            alerts.join(",")
        )
    }),
    ("alerts.new.data and all", |alerts| {
        let data = alerts.join(",");
        let count = alerts.len();
        format!(
            r#"{{"alerts":{{"new":{{"count":{count},"data":[{data}]}},"ongoing":{{"count":0,"data":[]}},
            "recovered":{{"count":1,"data":[{{"kibana.alert.uuid":"over"}}]}},"all":{{"count":{count},"data":[{data}]}}}}}}"#
        )
    }),
    ("search response", |alerts| {
        format!(
            r#"{{"took":1,"hits":{{"total":{{"value":1}},"hits":[{}]}}}}"#,
            alerts.join(",")
        )
    }),
    ("ndjson", |alerts| format!("{}\n", alerts.join("\n"))),
    ("ndjson with crlf", |alerts| alerts.join("\r\n")),
    ("bulk", |alerts| {
        alerts
            .iter()
            .flat_map(|alert| ["{\"index\":{}}\n", alert, "\n"])
            .collect()
    }),
    ("glued", |alerts| alerts.concat()),
    ("comma list", |alerts| alerts.join(",")),
    ("trailing comma", |alerts| {
        format!("[{},]", alerts.join(","))
    }),
    ("trailing comma in a wrapper", |alerts| {
        format!(r#"{{"alerts":[{},],}}"#, alerts.join(" , "))
    }),
    ("comma list in a string", |alerts| {
        json!({"rule.name": "r", "context.alerts": alerts.join(",")}).to_string()
    }),
    ("list of strings", |alerts| {
        json!({ "alerts": alerts }).to_string()
    }),
    ("html entities", |alerts| {
        escape_html(&format!("[{}]", alerts.join(",")))
    }),
];

pub(super) const ONE: [(&str, Shape); 4] = [
    ("bare", |alerts| alerts.concat()),
    ("byte order mark", |alerts| {
        format!("\u{feff} {}", alerts.concat())
    }),
    ("object under alerts", |alerts| {
        format!(r#"{{"alerts":{}}}"#, alerts.concat())
    }),
    ("json in a string in a body in a string", |alerts| {
        let inner = json!({ "context": { "alerts": alerts.concat() } }).to_string();
        json!({ "body": inner }).to_string()
    }),
];

/// As a stock mustache engine escapes.
pub(super) fn escape_html(text: &str) -> String {
    let escape = |character: char| match character {
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '/' => "&#x2F;".to_owned(),
        '=' => "&#x3D;".to_owned(),
        other => other.to_string(),
    };
    text.chars().map(escape).collect()
}

/// The alert's message, wherever the spelling put it.
pub(super) fn message(alert: &str) -> String {
    let alert: Value = serde_json::from_str(alert).unwrap();
    let message = &alert["message"];
    message
        .as_str()
        .or_else(|| message[0].as_str())
        .unwrap()
        .to_owned()
}
