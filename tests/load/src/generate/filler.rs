//! How large an alert is, and what makes it so: the guide, the command line, the event's own data.
//!
//! Sizes follow what was seen of real alerts: most between 2 and 4 KB, some to 8, a few to 20.

use serde_json::{Map, Value, json};

use super::random::Random;

const GUIDE: &str = "## Triage and analysis\\n\\nInvestigate the process execution chain (parent process tree) for unknown processes. Examine their executable files for prevalence, whether they are located in expected locations, and whether they are signed with valid digital signatures. Check whether the account owner is aware of the operation, and whether the activity repeats on other hosts of the subnet within the last 48 hours.\\n\\n";

/// The bytes a template aims at.
pub(super) fn size(random: &mut Random) -> usize {
    let (from, to) = match random.below(100) {
        0..70 => (2_100, 4_000),
        70..95 => (4_000, 8_000),
        _ => (8_000, 19_000),
    };
    usize::try_from(from + random.below(to - from)).unwrap_or_default()
}

/// A rule's investigation guide of about `bytes` bytes.
pub(super) fn guide(bytes: usize) -> String {
    GUIDE
        .replace("\\n", "\n")
        .repeat(bytes / GUIDE.len() + 1)
        .chars()
        .take(bytes)
        .collect()
}

/// What the source document says beside indicators; the same for all alerts of a rule.
pub(super) fn event(rule: u64) -> Map<String, Value> {
    let event = json!({
        "agent": {"type": "endpoint", "version": "8.15.3", "id": "f0e1d2c3-0000-4000-8000-000000000001"},
        "ecs": {"version": "8.11.0"},
        "data_stream": {"dataset": "endpoint.events.process", "namespace": "default", "type": "logs"},
        "event": {"action": "start", "category": ["process"], "kind": "event", "outcome": "success",
            "type": ["start"], "sequence": 9_007_199_254_740_993_u64 + rule, "module": "endpoint"},
        "process": {"pid": 4_000 + rule, "name": "rundll32.exe", "executable": "C:\\Windows\\System32\\rundll32.exe",
            "command_line": "rundll32.exe C:\\Users\\Public\\update.dll,Start --silent --retry 3",
            "args": ["rundll32.exe", "C:\\Users\\Public\\update.dll,Start", "--silent", "--retry", "3"],
            "parent": {"name": "winword.exe", "pid": 3_000 + rule}},
    });
    match event {
        Value::Object(event) => event,
        _ => Map::new(),
    }
}
