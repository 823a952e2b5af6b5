//! Where results go: the flat JSON of the last run, and a dated section of every run, newest first.
//!
//! The rest of the file, written by people, stays as it is, below the mark.

use std::{fs, path::Path};

use anyhow::Context;
use time::{OffsetDateTime, macros::format_description};

use super::{figures::Figures, machine};

/// Sections are added below this line.
const MARK: &str = "<!-- runs, newest first, written by `calseta-load bench` -->\n";

/// Writes the figures as JSON.
pub(super) fn write_json(file: &Path, figures: &Figures) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(&figures.json())? + "\n";
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

/// Adds the section of this run.
pub(super) fn add_section(file: &Path, figures: &Figures) -> anyhow::Result<()> {
    let before = fs::read_to_string(file).unwrap_or_else(|_| format!("# Results\n\n{MARK}"));
    let section = section(figures)?;
    fs::write(file, with_section(&before, &section))
        .with_context(|| format!("cannot write {}", file.display()))
}

fn section(figures: &Figures) -> anyhow::Result<String> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    let date = OffsetDateTime::now_utc().format(format)?;
    let rows: Vec<String> = figures
        .rows()
        .iter()
        .map(|[name, figure, wanted]| format!("| {} | {figure} | {wanted} |", name.trim()))
        .collect();
    Ok(format!(
        "\n## {date}\n\n{}\n\n| figure | measured | wanted |\n|---|--:|--:|\n{}\n",
        machine::line(),
        rows.join("\n")
    ))
}

fn with_section(before: &str, section: &str) -> String {
    match before.split_once(MARK) {
        Some((head, runs)) => format!("{head}{MARK}{section}{runs}"),
        None => format!("{before}\n{MARK}{section}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_section_goes_first_and_nothing_else_changes() {
        let once = with_section("# Results\n\nBy hand.\n", "\n## 1\n");
        let twice = with_section(&once, "\n## 2\n");
        assert_eq!(
            twice,
            format!("# Results\n\nBy hand.\n\n{MARK}\n## 2\n\n## 1\n")
        );
    }
}
