//! One document as a person likes to read it: the facts first, then its indicators.
//!
//! Lines that would say nothing are left out.

use comfy_table::{ContentArrangement, Table, presets};
use time::format_description::well_known::Rfc3339;

use super::extract::Extracted;
use crate::indicator::IpScope;

/// The table of one document, with a blank line behind it.
pub(super) fn of(extracted: &Extracted<'_>) -> String {
    let alert = extracted.alert;
    let time = |moment: Option<time::OffsetDateTime>| moment.and_then(|m| m.format(&Rfc3339).ok());
    let techniques = alert.threat.iter().flat_map(|threat| {
        let tactic = threat.tactic.as_ref();
        let names = [
            tactic.and_then(|t| t.id.clone()),
            tactic.and_then(|t| t.name.clone()),
        ];
        let techniques = threat
            .techniques
            .iter()
            .flat_map(|technique| [technique.id.clone(), technique.name.clone()]);
        names.into_iter().chain(techniques).flatten()
    });
    let facts = [
        (
            "Severity",
            Some(format!(
                "{} ({})",
                alert.severity.as_str(),
                alert.severity.id()
            )),
        ),
        ("Occurred", time(alert.occurred_at)),
        ("Event", time(alert.event_time)),
        ("MITRE", Some(techniques.collect::<Vec<_>>().join(" "))),
        (
            "Rule",
            joined([alert.rule_type.as_ref(), alert.rule_id.as_ref()]),
        ),
        ("Reason", alert.reason.clone()),
        (
            "Notes",
            Some(names(alert.notes.iter().map(|note| note.as_str()))),
        ),
        ("Mended", Some(names(extracted.mended.iter().copied()))),
        ("Dropped", Some(dropped(extracted))),
    ];
    let mut lines = vec![alert.title.clone()];
    for (name, value) in facts {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            lines.push(format!("  {name:<9} {value}"));
        }
    }
    if !extracted.indicators.is_empty() {
        lines.extend(indicators(extracted));
    }
    lines.join("\n") + "\n\n"
}

fn indicators(extracted: &Extracted<'_>) -> Vec<String> {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    for indicator in extracted.indicators {
        let scope = indicator.scope.map(IpScope::as_str).unwrap_or_default();
        let fields: Vec<&str> = indicator
            .sources
            .iter()
            .map(|source| &*source.field)
            .collect();
        table.add_row([
            indicator.indicator_type.as_str(),
            &indicator.value,
            scope,
            &fields.join(", "),
        ]);
    }
    let lines = table.lines().map(|line| format!("   {}", line.trim_end()));
    lines.collect()
}

fn names(names: impl Iterator<Item = &'static str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}

fn joined<const N: usize>(parts: [Option<&String>; N]) -> Option<String> {
    let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn dropped(extracted: &Extracted<'_>) -> String {
    let counts = extracted.dropped.iter().map(|(reason, count)| {
        use crate::extract::Reason;
        format!("{count} {}", reason.as_str())
    });
    counts.collect::<Vec<_>>().join(", ")
}
