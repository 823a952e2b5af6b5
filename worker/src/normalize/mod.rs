//! A reading of a document becomes an [`Alert`]. Pure: no I/O, no clock, no panic on any document; the same document
//! dotted, nested, split or with every leaf in a list gives the same alert. Each concern has its own file and its own
//! order of precedence. Nothing is guessed: what is missing is None, what fell back is in the alert's notes.

mod blocks;
mod event;
mod mitre;
mod notes;
mod paths;
mod reader;
mod rule;
mod severity;
mod sources;
mod threat;
mod time;
mod times;
mod title;

#[cfg(test)]
mod tests;

use ::time::OffsetDateTime;

use crate::alert::{Alert, Note};
use crate::fields::{Catalog, CatalogBuilder, PathError, Reading};
use notes::Notes;
use paths::{DocumentPaths, Paths, RuleSource};
use reader::ThreatReader;
use sources::Sources;

/// Longer rule objects, in bytes, are not looked into; a real one has a few kilobytes.
const MAX_RULE_OBJECT: usize = 1 << 20;

/// What is known of a document besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub struct NormalizeInput<'a> {
    /// The `_id` of the search hit the document came in.
    pub hit_id: Option<&'a str>,
    /// The JSON text of the rule object a template sent beside thin alerts.
    pub rule_context: Option<&'a str>,
    /// When the document was received.
    pub received_at: Option<OffsetDateTime>,
}

/// Normalizes readings of the catalog it is registered with.
#[derive(Debug)]
pub struct Normalizer {
    paths: Paths,
    /// Reads a rule object that stands alone: parameters sent as text, or a rule beside thin alerts.
    rule_object: Catalog,
    rule_paths: RuleSource,
    threat: ThreatReader,
}

impl Normalizer {
    /// Wants all it needs from a document. Fails only when the catalog is full.
    pub fn register(builder: &mut CatalogBuilder) -> Result<Self, PathError> {
        let mut object = CatalogBuilder::new();
        let rule_paths = RuleSource::register(&mut object, "")?;
        Ok(Self {
            paths: Paths::register(builder)?,
            rule_object: object.build(),
            rule_paths,
            threat: ThreatReader::new()?,
        })
    }

    /// The alert of a document read with the catalog this was registered with.
    pub fn normalize(&self, document: &Reading<'_>, input: NormalizeInput<'_>) -> Alert {
        let mut notes = Notes::default();
        let sources = self.sources(document, input, &mut notes);
        let severity = severity::severity(&sources, &mut notes);
        let times = times::times(&sources, input.received_at, &mut notes);
        let threat = threat::threat(&sources, &self.threat, &mut notes);
        let paths = &self.paths.document;
        Alert {
            title: title::title(&sources, &mut notes),
            severity: severity.value,
            severity_sent: severity.sent,
            occurred_at: times.occurred_at,
            occurred_at_estimated: times.estimated,
            event_time: times.event_time,
            mitre_tactics: mitre::tactic_ids(&threat),
            mitre_techniques: mitre::technique_ids(&threat),
            threat,
            description: rule::description(&sources, &mut notes),
            reason: sources.text(&[paths.reason, paths.signal_reason]),
            risk_score: severity::risk_score(&sources, &mut notes),
            tags: rule::tags(&sources, &mut notes),
            workflow_tags: sources::unique((document, paths.workflow_tags), None, &mut notes),
            rule_id: rule::id(&sources),
            rule_uuid: rule::uuid(&sources),
            rule_name: title::rule_name(&sources),
            rule_type: rule::kind(&sources, &mut notes),
            rule_version: rule::version(&sources),
            space: sources.text(&[paths.space]),
            alert_url: event::url(&sources, &mut notes),
            workflow_status: sources.text(&[paths.workflow_status, paths.signal_status]),
            building_block: rule::building_block(&sources),
            event_action: event::original(&sources, DocumentPaths::actions),
            event_outcome: event::original(&sources, DocumentPaths::outcomes),
            schema: event::schema(&sources),
            kibana_version: sources.text(&[paths.kibana_version]),
            elastic_id: event::elastic_id(&sources, input.hit_id),
            notes: notes.into_vec(),
        }
    }

    fn sources<'s>(
        &'s self,
        document: &'s Reading<'s>,
        input: NormalizeInput<'s>,
        notes: &mut Notes,
    ) -> Sources<'s> {
        let object = |text: &'s str| {
            let whole = text.len() <= MAX_RULE_OBJECT && text.trim_start().starts_with('{');
            whole.then(|| self.rule_object.read(text).ok()).flatten()
        };
        let parameters = document
            .first(self.paths.document.parameters)
            .map(|text| object(text.as_text()));
        let context = input.rule_context.map(object);
        notes.add_if(
            matches!(parameters, Some(None)),
            Note::RuleParametersUnreadable,
        );
        notes.add_if(matches!(context, Some(None)), Note::RuleContextUnreadable);
        Sources {
            document,
            parameters: parameters.flatten(),
            context: context.flatten(),
            paths: &self.paths,
            rule_paths: &self.rule_paths,
        }
    }
}
