//! ATT&CK ids. They come only from blocks of ATT&CK: an id of another framework is no ATT&CK id. Tactic names are
//! known exactly or not at all.

use std::collections::HashSet;

use crate::alert::{Technique, Threat};

/// The enterprise tactics, the only ones an attack discovery names.
const TACTICS: [(&str, &str); 14] = [
    ("TA0043", "Reconnaissance"),
    ("TA0042", "Resource Development"),
    ("TA0001", "Initial Access"),
    ("TA0002", "Execution"),
    ("TA0003", "Persistence"),
    ("TA0004", "Privilege Escalation"),
    ("TA0005", "Defense Evasion"),
    ("TA0006", "Credential Access"),
    ("TA0007", "Discovery"),
    ("TA0008", "Lateral Movement"),
    ("TA0009", "Collection"),
    ("TA0011", "Command and Control"),
    ("TA0010", "Exfiltration"),
    ("TA0040", "Impact"),
];

/// The id of a tactic of exactly this name.
pub(super) fn tactic_id(name: &str) -> Option<&'static str> {
    TACTICS
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(id, _)| *id)
}

/// The tactic ids of the ATT&CK blocks, in order, unique.
pub(super) fn tactic_ids(threat: &[Threat]) -> Vec<String> {
    let blocks = threat.iter().filter(|block| block.is_attack());
    unique(blocks.filter_map(|block| block.tactic.as_ref()?.id.as_ref()))
}

/// The technique ids of the ATT&CK blocks, each followed by its subtechniques, in order, unique.
pub(super) fn technique_ids(threat: &[Threat]) -> Vec<String> {
    let blocks = threat.iter().filter(|block| block.is_attack());
    let all = blocks
        .flat_map(|block| &block.techniques)
        .flat_map(own_and_below);
    unique(all.filter_map(|technique| technique.id.as_ref()))
}

fn own_and_below(technique: &Technique) -> impl Iterator<Item = &Technique> {
    std::iter::once(technique).chain(&technique.subtechniques)
}

fn unique<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut seen = HashSet::new();
    ids.filter(|id| seen.insert(id.as_str())).cloned().collect()
}
