//! Tables of documents and what they normalize to, one file a concern; any JSON at all; and the same alert in every
//! shape.

mod event;
mod rule;
mod severity;
mod shapes;
mod threat;
mod time;
mod times;
mod title;

use serde_json::Value;

use super::{NormalizeInput, Normalizer};
use crate::alert::Alert;
use crate::fields::{CatalogBuilder, PathError};

/// The alert of a document with all that is known beside it.
fn normalize_with(document: &str, input: NormalizeInput<'_>) -> Result<Alert, PathError> {
    let mut builder = CatalogBuilder::new();
    let normalizer = Normalizer::register(&mut builder)?;
    let reading = builder.build().read(document);
    assert!(reading.is_ok(), "{document} is not JSON");
    let reading = reading.unwrap_or_default();
    Ok(normalizer.normalize(&reading, input))
}

/// The alert of a document that came alone.
#[expect(
    clippy::unwrap_used,
    reason = "the built-in paths are fixed: a refused one fails every test"
)]
fn normalize(document: &Value) -> Alert {
    normalize_with(&document.to_string(), NormalizeInput::default()).unwrap()
}

/// The names of an alert's notes.
fn notes(alert: &Alert) -> Vec<&'static str> {
    alert.notes.iter().map(|note| note.as_str()).collect()
}
