//! Alerts as an analyst reads them, within 118 columns: one alert a row, one indicator a line.
//!
//! Long values are cut in their middle, so that both ends of a hash can be compared; the whole ones are
//! in table `indicators`.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use time::macros::format_description;

use super::stored::{Indicator, Stored};

const WIDTH: u16 = 118;
const VALUE: usize = 36;
/// Of the last column: a kind, a value and its padding, so that an indicator stays on its line.
const INDICATORS: u16 = 52;

/// The table.
pub(super) fn table(alerts: &[Stored]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(["occurred (UTC)", "severity", "title", "MITRE", "indicators"]);
    if let Some(column) = table.column_mut(4) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(INDICATORS)));
    }
    for alert in alerts {
        table.add_row([
            time(alert),
            format!("{} ({})", alert.severity, alert.severity_id),
            alert.title.clone(),
            mitre(alert),
            alert
                .indicators
                .iter()
                .map(line)
                .collect::<Vec<_>>()
                .join("\n"),
        ]);
    }
    table
}

fn time(alert: &Stored) -> String {
    let format = format_description!("[year]-[month]-[day]\n[hour]:[minute]:[second]");
    alert.occurred_at.format(format).unwrap_or_default()
}

fn mitre(alert: &Stored) -> String {
    let both: Vec<&str> = alert
        .tactics
        .iter()
        .chain(&alert.techniques)
        .map(String::as_str)
        .collect();
    both.join("\n")
}

fn line(indicator: &Indicator) -> String {
    let scope = indicator.scope.as_ref().map(|scope| format!("  {scope}"));
    let (kind, value) = (&indicator.kind, short(&indicator.value));
    format!("{kind:<11} {value}{}", scope.unwrap_or_default())
}

fn short(value: &str) -> String {
    let characters: Vec<char> = value.chars().collect();
    if characters.len() <= VALUE {
        return value.to_owned();
    }
    let head = characters[..VALUE - 13].iter();
    let tail = characters[characters.len() - 12..].iter();
    head.chain(['…'].iter()).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_keeps_both_of_its_ends() {
        let hash = "275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f";
        let shown = short(hash);
        assert_eq!(shown.chars().count(), VALUE);
        assert!(
            shown.starts_with("275a021b") && shown.ends_with("abf651fd0f"),
            "{shown}"
        );
        assert_eq!(short("admin"), "admin");
    }

    #[test]
    fn no_line_is_wider_than_a_terminal() {
        let indicator = |kind: &str, value: String, scope: Option<&str>| Indicator {
            kind: kind.into(),
            value,
            scope: scope.map(str::to_owned),
        };
        let alert = Stored {
            occurred_at: time::OffsetDateTime::UNIX_EPOCH,
            severity: "Informational".into(),
            severity_id: 1,
            title: "A Title That a Rule's Author Wrote Without a Thought for Tables ".repeat(3),
            tactics: vec!["TA0001".into(), "TA0002".into()],
            techniques: vec!["T1059.001".into(), "T1566".into()],
            indicators: vec![
                indicator("hash_sha256", "a".repeat(64), None),
                indicator(
                    "ip",
                    "2001:db8:1111:2222:3333:4444:5555:6666".into(),
                    Some("documentation"),
                ),
            ],
        };
        let shown = table(&[alert]).to_string();
        let widest = shown.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(usize::from(WIDTH)), "{shown}");
    }

    #[test]
    fn an_ordinary_indicator_stays_on_its_line() {
        let values = [
            ("hash_sha256", "a".repeat(64), None),
            ("ip", "fe80::1c2d:3eff:fe4f:5061".into(), Some("link_local")),
        ];
        for (kind, value, scope) in values {
            let shown = line(&Indicator {
                kind: kind.into(),
                value,
                scope: scope.map(str::to_owned),
            });
            assert!(
                shown.chars().count() + 2 <= usize::from(INDICATORS),
                "{shown}"
            );
        }
    }
}
