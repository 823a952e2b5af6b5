//! What is known of the rule: its ids, type, version, description and tags. Everything is as sent, except the internal
//! tags of 7.x, which are Kibana's own and dropped, and the type, which the rule type id stands in for.

use super::notes::Notes;
use super::sources::{Origin, Sources, owned, unique};
use crate::alert::Note;

/// Tags Kibana 7 keeps its own state in.
const INTERNAL_TAG: &str = "__internal_";

/// The types of `siem.` rule type ids.
const TYPES: [(&str, &str); 8] = [
    ("queryRule", "query"),
    ("savedQueryRule", "saved_query"),
    ("eqlRule", "eql"),
    ("thresholdRule", "threshold"),
    ("indicatorRule", "threat_match"),
    ("mlRule", "machine_learning"),
    ("newTermsRule", "new_terms"),
    ("esqlRule", "esql"),
];

/// The stable id. A hand-made export may have another in the parameters: the rule's own comes first.
pub(super) fn id(sources: &Sources<'_>) -> Option<String> {
    let order = [
        Origin::Kibana,
        Origin::Parameters,
        Origin::Signal,
        Origin::Context,
    ];
    sources.rule_text(&order, |rule| rule.rule_id)
}

/// The id in this installation.
pub(super) fn uuid(sources: &Sources<'_>) -> Option<String> {
    sources
        .rule_text(&[Origin::Kibana], |rule| rule.uuid)
        .or_else(|| sources.rule_text(&[Origin::Signal], |rule| rule.id))
        .or_else(|| sources.rule_text(&[Origin::Context], |rule| rule.uuid))
        .or_else(|| sources.rule_text(&[Origin::Context], |rule| rule.id))
}

/// The type.
pub(super) fn kind(sources: &Sources<'_>, notes: &mut Notes) -> Option<String> {
    if let Some(kind) = sources.rule_text(&Origin::ALL, |rule| rule.kind) {
        return Some(kind);
    }
    let id = sources.rule_text(&Origin::ALL, |rule| rule.rule_type_id)?;
    notes.add(Note::RuleTypeFromId);
    let short = id.strip_prefix("siem.").unwrap_or(&id);
    let known = TYPES.iter().find(|(name, _)| *name == short);
    Some(known.map_or_else(|| id.clone(), |(_, kind)| (*kind).to_owned()))
}

/// Whether the alert is of a rule family other than detection rules, whose `event.action` is the family's own.
pub(super) fn is_other_family(sources: &Sources<'_>) -> bool {
    let id = sources.rule(Origin::Kibana, |rule| rule.rule_type_id);
    id.is_some_and(|id| !id.as_text().starts_with("siem."))
}

/// The version.
pub(super) fn version(sources: &Sources<'_>) -> Option<String> {
    sources.rule_text(&Origin::ALL, |rule| rule.version)
}

/// The description.
pub(super) fn description(sources: &Sources<'_>, notes: &mut Notes) -> Option<String> {
    let of_rule = sources.rule_text(&Origin::ALL, |rule| rule.description);
    if of_rule.is_some() {
        return of_rule;
    }
    let paths = &sources.paths.document;
    let summary = sources.text(&[paths.discovery_summary_plain, paths.discovery_summary])?;
    notes.add(Note::DescriptionFromAttackDiscovery);
    Some(summary)
}

/// The tags of the first place that has any.
pub(super) fn tags(sources: &Sources<'_>, notes: &mut Notes) -> Vec<String> {
    for origin in Origin::ALL {
        for (reading, source) in sources.places(origin) {
            let tags = unique((reading, source.rule.tags), Some(INTERNAL_TAG), notes);
            if !tags.is_empty() {
                return tags;
            }
        }
    }
    Vec::new()
}

/// Whether the alert is a building block.
pub(super) fn building_block(sources: &Sources<'_>) -> bool {
    let of_rule = sources.rule_text(&Origin::ALL, |rule| rule.building_block);
    sources
        .first(sources.paths.document.building_block)
        .map(owned)
        .or(of_rule)
        .is_some()
}
