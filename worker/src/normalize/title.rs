//! The title: the rule's name wherever it is, then what a reader would call the alert instead. Kibana has already put a
//! rule name override into the rule's name.

use super::notes::Notes;
use super::sources::{Origin, Sources, owned};
use crate::alert::Note;

/// What an alert is called that nothing names.
pub(super) const UNTITLED: &str = "Untitled Elastic Alert";

/// The title; never empty.
pub(super) fn title(sources: &Sources<'_>, notes: &mut Notes) -> String {
    let paths = &sources.paths.document;
    if let Some(name) = named_in_document(sources) {
        return name;
    }
    let others = [
        (
            sources.rule_text(&[Origin::Context], |rule| rule.name),
            Note::TitleFromRuleContext,
        ),
        (
            sources.text(&[paths.discovery_title_plain, paths.discovery_title]),
            Note::TitleFromAttackDiscovery,
        ),
        (
            sources.text(&[paths.reason, paths.signal_reason]),
            Note::TitleFromReason,
        ),
        (defend_message(sources), Note::TitleFromMessage),
    ];
    for (title, note) in others {
        if let Some(title) = title {
            notes.add(note);
            return title;
        }
    }
    notes.add(Note::TitleMissing);
    UNTITLED.to_owned()
}

/// The rule's name.
pub(super) fn rule_name(sources: &Sources<'_>) -> Option<String> {
    named_in_document(sources).or_else(|| sources.rule_text(&[Origin::Context], |rule| rule.name))
}

fn named_in_document(sources: &Sources<'_>) -> Option<String> {
    sources
        .rule_text(&[Origin::Kibana, Origin::Signal], |rule| rule.name)
        .or_else(|| sources.text(&[sources.paths.document.ecs_rule_name]))
}

/// Elastic's own promotion rule takes the message as the name of a Defend alert.
fn defend_message(sources: &Sources<'_>) -> Option<String> {
    let message = sources.first(sources.paths.document.message)?;
    super::event::is_defend(sources).then(|| owned(message))
}
