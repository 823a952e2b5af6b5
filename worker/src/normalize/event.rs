//! What is known of the alert as a document: its id, family of fields and link, and of the event behind it.

use super::notes::Notes;
use super::paths::DocumentPaths;
use super::rule::is_other_family;
use super::sources::{Sources, owned};
use crate::alert::{Note, Schema};
use crate::fields::PathId;

/// The family of fields.
pub(super) fn schema(sources: &Sources<'_>) -> Option<Schema> {
    match (has_kibana(sources), has_signal(sources)) {
        (true, true) => Some(Schema::Both),
        (true, false) => Some(Schema::Kibana),
        (false, true) => Some(Schema::Legacy),
        (false, false) => is_defend(sources).then_some(Schema::Defend),
    }
}

/// Whether this is a raw Elastic Defend alert: an alert of the endpoint that no detection rule has promoted.
pub(super) fn is_defend(sources: &Sources<'_>) -> bool {
    let paths = &sources.paths.document;
    let is = |path, text: &str| {
        sources
            .first(path)
            .is_some_and(|value| value.as_text() == text)
    };
    let endpoint = is(paths.event_module, "endpoint")
        || is(paths.agent_type, "endpoint")
        || is(paths.data_set, "endpoint.alerts");
    endpoint && is(paths.event_kind, "alert") && !has_kibana(sources) && !has_signal(sources)
}

fn has_kibana(sources: &Sources<'_>) -> bool {
    let (paths, rule) = (&sources.paths.document, &sources.paths.kibana.rule);
    let alert = [
        paths.uuid,
        paths.severity,
        paths.risk_score,
        paths.reason,
        paths.status,
        paths.workflow_status,
    ];
    let times = [paths.start, paths.original_time];
    let rule = [
        rule.name,
        rule.uuid,
        rule.rule_id,
        rule.kind,
        rule.rule_type_id,
        rule.severity,
    ];
    alert
        .iter()
        .chain(&times)
        .chain(&rule)
        .any(|path| sources.first(*path).is_some())
}

fn has_signal(sources: &Sources<'_>) -> bool {
    let (paths, rule) = (&sources.paths.document, &sources.paths.signal.rule);
    let signal = [
        paths.signal_status,
        paths.signal_reason,
        paths.signal_original_time,
        paths.signal_action,
    ];
    let rule = [rule.name, rule.id, rule.rule_id, rule.kind, rule.severity];
    signal
        .iter()
        .chain(&rule)
        .any(|path| sources.first(*path).is_some())
}

/// Kibana's uuid, the hit's id, or the id a template puts at the root.
pub(super) fn elastic_id(sources: &Sources<'_>, hit_id: Option<&str>) -> Option<String> {
    let paths = &sources.paths.document;
    let hit_id = || hit_id.filter(|id| !id.trim().is_empty()).map(str::to_owned);
    sources
        .text(&[paths.uuid])
        .or_else(hit_id)
        .or_else(|| sources.text(&[paths.document_id]))
}

/// A field of the original event, or its copy on the alert where that is not the alerting framework's own.
pub(super) fn original(
    sources: &Sources<'_>,
    field: fn(&DocumentPaths) -> [PathId; 3],
) -> Option<String> {
    let [kibana, signal, copied] = field(&sources.paths.document);
    let original = sources.text(&[kibana, signal]);
    if original.is_some() || is_other_family(sources) {
        return original;
    }
    sources.first(copied).map(owned)
}

/// Where Kibana shows the alert.
pub(super) fn url(sources: &Sources<'_>, notes: &mut Notes) -> Option<String> {
    let sent = sources.text(&[sources.paths.document.url])?;
    // Decoding HTML takes the beginning of `&timestamp=` for the entity of the multiplication sign.
    let mended = sent.replace("\u{d7}tamp=", "&timestamp=");
    notes.add_if(mended != sent, Note::AlertUrlMended);
    Some(mended)
}
