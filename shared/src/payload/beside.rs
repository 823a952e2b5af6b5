//! What a body says of a document beside it: the rule of its envelope, or the id of the `_bulk` line before it.
//! Kept with a document that is taken out of its body, and put around it again, it makes the document read as it did
//! in its place.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

/// Nothing, for most documents.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Beside {
    pub(super) rule: Option<Arc<str>>,
    pub(super) id: Option<String>,
}

#[derive(Serialize)]
struct Context<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a RawValue>,
    #[serde(rename = "_id", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl Beside {
    /// As a JSON object; `None` when there is nothing.
    pub fn context(&self) -> Option<String> {
        let rule = self.rule.as_deref();
        let context = Context {
            rule: rule.and_then(|rule| serde_json::from_str(rule).ok()),
            id: self.id.as_deref(),
        };
        if context.rule.is_none() && context.id.is_none() {
            return None;
        }
        serde_json::to_string(&context).ok()
    }
}

/// A body in which the document stands beside its context, as [`Beside::context`] gave it.
pub fn in_context(document: &[u8], context: &str) -> Vec<u8> {
    let (before, after): (String, &[u8]) = match context.strip_suffix('}') {
        Some(open) if context.starts_with("{\"rule\"") => (format!("{open},\"alerts\":["), b"]}"),
        _ => (format!("{{\"index\":{context}}}\n"), b""),
    };
    [before.as_bytes(), document, after].concat()
}
