//! `extract`: what the worker would make of files, without any server.
//!
//! One line of JSON a document, or a table for people. A file that cannot be read does not keep the
//! others from being shown; the command then fails at the end.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context;
use calseta_shared::payload::Limits;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{print, table};
use crate::{
    alert::Alert,
    extract::{Dropped, Extraction, FieldMapping, Tally},
    indicator::Indicator,
    interpret::Interpreter,
    mappings::MappingRow,
};

/// Arguments of `extract`.
#[derive(Debug, Args)]
pub(super) struct Extract {
    /// How to print what was found.
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
    /// Custom field mappings: a JSON list of {"field_path", "indicator_type", "is_active"}, as the API gives them.
    #[arg(long, value_name = "FILE")]
    mappings: Option<PathBuf>,
    /// Request bodies or alert documents in any shape; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// One object a document and line.
    Json,
    /// A table a document, for people.
    Text,
}

/// What one document gave.
#[derive(Serialize)]
pub(super) struct Extracted<'a> {
    pub(super) alert: &'a Alert,
    pub(super) indicators: &'a [Indicator],
    /// Values of indicator fields that are none, counted by reason.
    pub(super) dropped: &'a Tally<Dropped>,
    /// What had to be mended to read the body.
    pub(super) mended: &'a [&'static str],
}

impl Extract {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mappings = self.mappings.as_deref().map(mappings).transpose()?;
        let interpreter = Interpreter::new(&mappings.unwrap_or_default(), Limits::default())?;
        let mut failed = 0;
        for file in &self.files {
            if let Err(error) = self.show(&interpreter, file) {
                failed += 1;
                #[expect(clippy::print_stderr, reason = "standard output is for what was found")]
                {
                    eprintln!("{}: {error:#}", file.display());
                }
            }
        }
        anyhow::ensure!(
            failed == 0,
            "{failed} of {} files gave nothing or not all",
            self.files.len()
        );
        Ok(())
    }

    fn show(&self, interpreter: &Interpreter, file: &PathBuf) -> anyhow::Result<()> {
        let mut body = Vec::new();
        if file.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut body)
        } else {
            std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut body))
        }
        .context("cannot be read")?;
        let payload = interpreter.read(&body)?;
        let mended: Vec<&'static str> = payload.mended.iter().map(|mended| mended.name()).collect();
        for document in &payload.documents {
            let (alert, extraction) = interpreter.document(document, None)?;
            self.print(&alert, &extraction, &mended)?;
        }
        anyhow::ensure!(
            payload.rejected.is_empty(),
            "{} of its documents are no Elastic alerts",
            payload.rejected.len()
        );
        Ok(())
    }

    fn print(
        &self,
        alert: &Alert,
        extraction: &Extraction,
        mended: &[&'static str],
    ) -> anyhow::Result<()> {
        let extracted = Extracted {
            alert,
            indicators: &extraction.indicators,
            dropped: &extraction.dropped,
            mended,
        };
        match self.format {
            Format::Json => print(&format!("{}\n", serde_json::to_string(&extracted)?)),
            Format::Text => print(&table::of(&extracted)),
        }
    }
}

/// Reads a list of mappings, also one inside the `data` of an API's answer; one bad mapping refuses the file.
fn mappings(file: &Path) -> anyhow::Result<Vec<FieldMapping>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Shape {
        List(Vec<MappingRow>),
        Answer { data: Vec<MappingRow> },
    }
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    let shape = serde_json::from_str(&text).with_context(|| {
        format!(r#"{name} is no JSON list of {{"field_path": "…", "indicator_type": "ip"}}"#)
    })?;
    let (Shape::List(rows) | Shape::Answer { data: rows }) = shape;
    rows.into_iter()
        .map(MappingRow::check)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{name} holds a mapping that cannot be used"))
}
