//! `fields`: which fields of a document become indicators, of which type and in which role.

use comfy_table::{Table, presets};

use super::print;
use crate::extract::fields;

/// Prints the built-in table.
pub(super) fn print_table() -> anyhow::Result<()> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_header(["FIELD", "HOLDS", "ROLE", "NOTE"]);
    for row in fields::all() {
        table.add_row([row.path, row.content.as_str(), row.role.as_str(), row.note]);
    }
    print(&format!("{table}\n"))
}
