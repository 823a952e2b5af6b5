//! Every fixture gives what its expectation says, and gives the same however the document is written: as `_source`, as a
//! search hit, nested, split, with every leaf in a list, and as the fields API answers.
//!
//! `fixtures/NAME.json` is a body, `fixtures/NAME.expected.json` what comes of it: one object a document. After a change
//! that is meant, `UPDATE_SNAPSHOTS=1 cargo test -p calseta-worker --test snapshots` writes the expectations anew, and
//! the difference is to be read before it is committed. `fixtures/README.md` tells how to add a case.

#[path = "snapshots/shapes.rs"]
mod shapes;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use calseta_shared::config::Environment;
use calseta_shared::payload::{Document, Limits};
use calseta_worker::alert::{Alert, Note};
use calseta_worker::extract::{Dropped, Extraction};
use calseta_worker::interpret::Interpreter;
use serde_json::{Value, json};

fn fixtures() -> anyhow::Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".json") && !name.ends_with(".expected.json") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn interpreter() -> anyhow::Result<Interpreter> {
    Ok(Interpreter::new(&[], Limits::default())?)
}

/// What the command `extract` prints for a document.
fn shown(alert: &Alert, extraction: &Extraction) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(extraction)?;
    value["alert"] = serde_json::to_value(alert)?;
    Ok(value)
}

#[test]
fn every_fixture_gives_what_its_expectation_says() -> anyhow::Result<()> {
    let update = Environment::of_process(&[])
        .get("UPDATE_SNAPSHOTS")
        .is_some();
    let interpreter = interpreter()?;
    let fixtures = fixtures()?;
    anyhow::ensure!(fixtures.len() > 20, "the fixtures are gone");
    for path in fixtures {
        let body = fs::read(&path)?;
        let payload = interpreter
            .read(&body)
            .with_context(|| path.display().to_string())?;
        let mut found = Vec::new();
        for document in &payload.documents {
            let (alert, extraction) = interpreter.document(document, None)?;
            found.push(shown(&alert, &extraction)?);
        }
        assert!(
            !found.is_empty() && payload.rejected.is_empty(),
            "{}",
            path.display()
        );
        let text = serde_json::to_string_pretty(&found)? + "\n";
        let expected = path.with_extension("expected.json");
        if update {
            fs::write(&expected, text)?;
            continue;
        }
        let expected = fs::read_to_string(&expected).with_context(|| {
            format!("{} is missing, see fixtures/README.md", expected.display())
        })?;
        let (found, expected): (Value, Value) = (
            serde_json::from_str(&text)?,
            serde_json::from_str(&expected)?,
        );
        assert_eq!(found, expected, "{}", path.display());
    }
    Ok(())
}

#[test]
fn the_same_document_written_otherwise_gives_the_same() -> anyhow::Result<()> {
    let interpreter = interpreter()?;
    let mut differences = Vec::new();
    for path in fixtures()? {
        let body = fs::read(&path)?;
        for document in &interpreter.read(&body)?.documents {
            let expected = interpreter.document(document, None)?;
            let source: Value = serde_json::from_str(document.alert_text())?;
            for (shape, transform) in shapes::ALL {
                let written = Document {
                    text: transform(&source).to_string().into(),
                    alert: 0..0,
                    ..document.clone()
                };
                let written = Document {
                    alert: 0..written.text.len(),
                    ..written
                };
                let found = interpreter.document(&written, None)?;
                // A null among values leaves no place in a flat list: whose the others are is then not known.
                if found.1.dropped.get(Dropped::Unpaired) > 0 && *shape == shapes::FLAT {
                    continue;
                }
                if let Err(difference) = compare(found, expected.clone()) {
                    differences.push(format!("{} {shape}: {difference}", path.display()));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    Ok(())
}

#[test]
fn a_hit_gives_what_its_source_gives() -> anyhow::Result<()> {
    let interpreter = interpreter()?;
    for path in fixtures()? {
        let body = fs::read(&path)?;
        for document in interpreter
            .read(&body)?
            .documents
            .iter()
            .filter(|document| document.rule.is_none())
        {
            let expected = interpreter.document(document, None)?;
            let source: Value = serde_json::from_str(document.alert_text())?;
            let mut hit = json!({"_index": ".alerts-security.alerts-default", "_score": 1.5, "_source": source});
            if let Some(id) = &expected.0.elastic_id {
                hit["_id"] = json!(id);
            }
            let body = json!({"took": 3, "hits": {"hits": [hit]}}).to_string();
            let payload = interpreter.read(body.as_bytes())?;
            assert_eq!(payload.documents.len(), 1, "{}", path.display());
            let found = interpreter.document(&payload.documents[0], None)?;
            compare(found, expected).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

/// Flat lists of several tactics do not say which technique is whose; the ids are the same nonetheless.
fn compare(
    (mut alert, extraction): (Alert, Extraction),
    (mut expected, same): (Alert, Extraction),
) -> anyhow::Result<()> {
    if alert.notes.contains(&Note::ThreatUngrouped) {
        for alert in [&mut alert, &mut expected] {
            alert.threat.clear();
            alert.notes.retain(|note| *note != Note::ThreatUngrouped);
        }
    }
    let (found, expected) = (shown(&alert, &extraction)?, shown(&expected, &same)?);
    let (found, expected) = (
        serde_json::to_string_pretty(&found)?,
        serde_json::to_string_pretty(&expected)?,
    );
    let differs = found
        .lines()
        .zip(expected.lines())
        .find(|(found, expected)| found != expected);
    anyhow::ensure!(
        found == expected,
        "found {}, expected {}",
        differs.unwrap_or_default().0,
        differs.unwrap_or_default().1
    );
    Ok(())
}
