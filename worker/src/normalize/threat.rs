//! Which threat is the alert's: the rule's, the one in its parameters, then the event's own, as rules that promote
//! alerts name none; then the tactics an attack discovery names. The first place that has any wins.

use super::blocks::blocks;
use super::mitre::tactic_id;
use super::notes::Notes;
use super::reader::ThreatReader;
use super::sources::{Origin, Sources, unique};
use crate::alert::{Note, Tactic, Threat};

/// The framework of attack discoveries' tactics.
const ATTACK: &str = "MITRE ATT&CK";

/// The threat blocks of a document.
pub(super) fn threat(
    sources: &Sources<'_>,
    reader: &ThreatReader,
    notes: &mut Notes,
) -> Vec<Threat> {
    let ways = [
        (Origin::Kibana, None),
        (Origin::Signal, None),
        (Origin::Parameters, Some(Note::ThreatFromParameters)),
    ];
    for (origin, note) in ways {
        let blocks = of_rule(sources, reader, origin, notes);
        if !blocks.is_empty() {
            notes.add(note);
            return blocks;
        }
    }
    let blocks = blocks(reader, sources.document, &sources.paths.ecs_threat, notes);
    if !blocks.is_empty() {
        notes.add(Note::ThreatFromEcs);
        return blocks;
    }
    let blocks = discovered(sources, notes);
    if !blocks.is_empty() {
        notes.add(Note::ThreatFromAttackDiscovery);
        return blocks;
    }
    let blocks = of_rule(sources, reader, Origin::Context, notes);
    notes.add_if(!blocks.is_empty(), Note::ThreatFromRuleContext);
    blocks
}

fn of_rule(
    sources: &Sources<'_>,
    reader: &ThreatReader,
    origin: Origin,
    notes: &mut Notes,
) -> Vec<Threat> {
    let mut blocks = sources
        .places(origin)
        .map(|(reading, source)| blocks(reader, reading, &source.threat, notes));
    blocks.find(|blocks| !blocks.is_empty()).unwrap_or_default()
}

/// The tactics an attack discovery names.
fn discovered(sources: &Sources<'_>, notes: &mut Notes) -> Vec<Threat> {
    let path = sources.paths.document.discovery_tactics;
    let names = unique((sources.document, path), None, notes);
    let tactic = |name: String| Tactic {
        id: tactic_id(&name).map(str::to_owned),
        name: Some(name),
        reference: None,
    };
    let block = |name| Threat {
        framework: Some(ATTACK.to_owned()),
        tactic: Some(tactic(name)),
        techniques: Vec::new(),
    };
    names.into_iter().map(block).collect()
}
