//! The documents of everyday: the project's own fixtures as one line of JSON each, and an alert that grows as those of
//! Elastic Defend do, by lists of objects few fields of which are wanted.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

/// One alert of each of these fixtures, with its name.
const ALERTS: &[&str] = &[
    "query-8.0-source",
    "query-8.8-context",
    "query-8.19-hit",
    "query-7.10-hit",
    "eql-shell-9.0-context",
    "threshold-8.19-context",
    "threat_match-8.8-source",
    "machine_learning-8.0-source",
    "new_terms-8.8-source",
    "esql-8.19-source",
    "endpoint-promotion-8.19-source",
    "dirty-values-8.8-source",
];

fn alert(name: &str) -> anyhow::Result<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let text = fs::read_to_string(folder.join(format!("{name}.json")))?;
    let mut document: Value = serde_json::from_str(&text)?;
    Ok(match document.get_mut("_source") {
        Some(source) => source.take(),
        None => document,
    })
}

/// Alerts of several types, most of about 4 KB.
pub(crate) fn alerts() -> anyhow::Result<Vec<(&'static str, String)>> {
    let text = |name: &&'static str| Ok((*name, alert(name)?.to_string()));
    ALERTS.iter().map(text).collect()
}

/// An alert of about this many bytes.
pub(crate) fn grown(bytes: usize) -> anyhow::Result<String> {
    let mut document = alert("query-8.0-source")?;
    let mut files = Vec::new();
    let mut left = bytes.saturating_sub(document.to_string().len());
    for count in 0.. {
        let file = json!({
            "path": format!("C:\\Users\\jane.roe\\Documents\\report-{count}.docx.locked"),
            "extension": "locked", "entropy": 7.98, "operation": "rename", "score": 12,
            "data": "UEsDBBQABgAIAAAAIQ", "metrics": ["CANARY_ACTIVITY", "HEADER_MISMATCH"],
        });
        let size = file.to_string().len() + 1;
        if size > left {
            break;
        }
        left -= size;
        files.push(file);
    }
    document["Ransomware"] = json!({"feature": "behavior", "files": files});
    Ok(document.to_string())
}
