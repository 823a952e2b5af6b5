//! Dead letters as text: a table, and one with its body.
//!
//! A body that is text is shown as text, any other as base64: nothing of it is lost.

use base64::{Engine, engine::general_purpose::STANDARD};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use time::OffsetDateTime;

use crate::dead_letters::Letter;

/// Characters of a detail in the table.
const DETAIL: usize = 70;

/// A row a dead letter.
pub(super) fn table(letters: &[Letter]) -> String {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "LAST SEEN",
            "REASON",
            "DETAIL",
            "SIZE",
            "TIMES",
            "TRIES",
            "STATUS",
            "ID",
        ]);
    for letter in letters {
        table.add_row([
            time(letter.last_seen_at),
            letter.reason.clone(),
            shortened(&letter.detail),
            size(letter.size_bytes),
            letter.occurrences.to_string(),
            letter.attempts.to_string(),
            letter.status.clone(),
            letter.id.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(3).take(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{table}\n")
}

/// The facts, a line each, those that say nothing left out.
pub(super) fn facts(letter: &Letter) -> String {
    let text = |value: &str| (!value.is_empty()).then(|| value.to_owned());
    let facts = [
        ("id", text(&letter.id.to_string())),
        ("status", text(&letter.status)),
        ("reason", text(&letter.reason)),
        ("detail", text(&letter.detail)),
        ("source", text(&letter.source)),
        ("first seen", Some(time(letter.first_seen_at))),
        ("last seen", Some(time(letter.last_seen_at))),
        ("times", text(&letter.occurrences.to_string())),
        ("attempts", text(&letter.attempts.to_string())),
        ("receipt", text(&letter.receipt_id.to_string())),
        ("position", letter.position.map(|p| p.to_string())),
        ("received", Some(time(letter.received_at))),
        ("content type", letter.content_type.clone()),
        ("key", text(&letter.key_prefix)),
        ("verified by", text(&letter.verified_by)),
        ("size", Some(format!("{} bytes", letter.size_bytes))),
        ("sha256", text(&letter.sha256)),
        ("edited", letter.edited_at.map(time)),
        ("settled", letter.resolved_at.map(time)),
        ("alert", letter.alert_uuid.map(|uuid| uuid.to_string())),
        ("last run", letter.last_run.map(|run| run.to_string())),
    ];
    let lines = facts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<13}{}\n", value?)));
    lines.collect()
}

/// The body for a person: text, or base64 that says so.
pub(super) fn body(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        Ok(text) => format!("\n{text}\n"),
        Err(_) => format!("\nno text; in base64:\n{}\n", STANDARD.encode(body)),
    }
}

fn time(moment: OffsetDateTime) -> String {
    let moment = moment.replace_microsecond(0).unwrap_or(moment);
    moment
        .format(&time::format_description::well_known::Rfc3339)
        .unwrap_or_default()
}

fn size(bytes: i32) -> String {
    bytesize::ByteSize(bytes.unsigned_abs().into()).to_string()
}

fn shortened(detail: &str) -> String {
    let line = detail.replace('\n', " ");
    match line.char_indices().nth(DETAIL) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_is_one_line_and_is_cut_between_characters() {
        assert_eq!(shortened("a\nb"), "a b");
        let long = "ä".repeat(100);
        assert_eq!(shortened(&long), format!("{}…", "ä".repeat(DETAIL)));
    }
}
