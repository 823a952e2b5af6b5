//! `corpus`: what a whole folder of bodies and documents would become, file by file and in total, without any server.
//!
//! Every file below the folder is read, in order of its path. A file that holds no alert is no failure: the report says
//! why, as the gateway would. The command fails only when the folder cannot be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use calseta_shared::payload::{Document, Limits};
use clap::Args;

use super::{extract::Extracted, print, table};
use crate::extract::{Extraction, Reason};
use crate::interpret::Interpreter;

/// Arguments of `corpus`.
#[derive(Debug, Args)]
pub(super) struct Corpus {
    /// The folder; its folders are read too.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Corpus {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let interpreter = Interpreter::new(&[], Limits::default())?;
        let mut totals = Totals::default();
        for file in files(&self.folder)? {
            let body = fs::read(&file).with_context(|| file.display().to_string())?;
            let name = file.strip_prefix(&self.folder).unwrap_or(&file);
            print(&format!(
                "── {}\n{}",
                name.display(),
                totals.file(&interpreter, &body)
            ))?;
        }
        print(&totals.to_string())
    }
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder)
        .with_context(|| format!("{} is no folder to read", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

type Counts = BTreeMap<&'static str, usize>;

/// What all files came to.
#[derive(Default)]
struct Totals {
    files: usize,
    documents: usize,
    without_indicators: usize,
    refused_files: Counts,
    refused_documents: Counts,
    severities: Counts,
    indicators: Counts,
    body_mends: Counts,
    value_mends: Counts,
    notes: Counts,
    dropped: Counts,
}

impl Totals {
    /// Counts one file and says what it gave.
    fn file(&mut self, interpreter: &Interpreter, body: &[u8]) -> String {
        self.files += 1;
        let payload = match interpreter.read(body) {
            Ok(payload) => payload,
            Err(error) => {
                count(&mut self.refused_files, error.reason(), 1);
                return format!("refused, {}: {error}\n\n", error.reason());
            }
        };
        let mended: Vec<&'static str> = payload.mended.iter().map(|mended| mended.name()).collect();
        for name in &mended {
            count(&mut self.body_mends, name, 1);
        }
        let mut said = String::new();
        for document in &payload.documents {
            said += &self.document(interpreter, document, &mended);
        }
        for rejected in &payload.rejected {
            count(&mut self.refused_documents, rejected.reason.name(), 1);
            let (position, reason) = (rejected.position, rejected.reason.name());
            said += &[
                "document ",
                &position.to_string(),
                " refused, ",
                reason,
                "\n\n",
            ]
            .concat();
        }
        if said.is_empty() {
            said += "no alerts in it\n\n";
        }
        said
    }

    fn document(
        &mut self,
        interpreter: &Interpreter,
        document: &Document<'_>,
        mended: &[&'static str],
    ) -> String {
        let (alert, extraction) = match interpreter.document(document, None) {
            Ok(found) => found,
            Err(error) => {
                count(&mut self.refused_documents, "normalize", 1);
                return format!("refused, normalize: {error}\n\n");
            }
        };
        self.documents += 1;
        self.without_indicators += usize::from(extraction.indicators.is_empty());
        count(&mut self.severities, alert.severity.as_str(), 1);
        alert
            .notes
            .iter()
            .for_each(|note| count(&mut self.notes, note.as_str(), 1));
        for indicator in &extraction.indicators {
            count(&mut self.indicators, indicator.indicator_type.as_str(), 1);
        }
        for (reason, many) in extraction.dropped.iter() {
            count(&mut self.dropped, reason.as_str(), many as usize);
        }
        for (reason, many) in extraction.mended.iter() {
            count(&mut self.value_mends, reason.as_str(), many as usize);
        }
        table::of(&Extracted {
            alert: &alert,
            indicators: &extraction.indicators,
            dropped: &extraction.dropped,
            mended,
        })
        .trim_end()
        .to_owned()
            + &canonical(&extraction)
            + "\n\n"
    }
}

/// What was changed to make values canonical.
fn canonical(extraction: &Extraction) -> String {
    let mends = extraction
        .mended
        .iter()
        .map(|(reason, many)| format!("{many} {}", reason.as_str()));
    let mends: Vec<String> = mends.collect();
    if mends.is_empty() {
        String::new()
    } else {
        format!("\n  Values    {}", mends.join(", "))
    }
}

fn count(counts: &mut Counts, name: &'static str, more: usize) {
    *counts.entry(name).or_default() += more;
}

impl std::fmt::Display for Totals {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            out,
            "── total\n{} files, {} alerts, {} of them without indicators",
            self.files, self.documents, self.without_indicators
        )?;
        let rows = [
            ("files refused", &self.refused_files),
            ("documents refused", &self.refused_documents),
            ("severity", &self.severities),
            ("indicators", &self.indicators),
            ("values dropped", &self.dropped),
            ("values mended", &self.value_mends),
            ("bodies mended", &self.body_mends),
            ("notes", &self.notes),
        ];
        for (name, counts) in rows {
            let sum: usize = counts.values().sum();
            let parts: Vec<String> = counts
                .iter()
                .map(|(what, many)| format!("{what} {many}"))
                .collect();
            writeln!(out, "{name:<18} {sum:>5}  {}", parts.join(", "))?;
        }
        Ok(())
    }
}
