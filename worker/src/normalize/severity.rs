//! Severity and risk score. The alert's own severity comes before the rule's, since an override changes the former. A
//! word that is none of Elastic's is pending and kept as sent: it hides a better one below on purpose, as that would be
//! a guess. The number a raw Defend alert has is kept as sent too, and not mapped.

use super::notes::Notes;
use super::sources::{Origin, Sources};
use crate::alert::{Note, Severity};
use crate::fields::Scalar;

/// A severity with the text it came as.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) value: Severity,
    pub(super) sent: Option<String>,
}

/// The effective severity.
pub(super) fn severity(sources: &Sources<'_>, notes: &mut Notes) -> Sent {
    let Some(sent) = sent_severity(sources, notes) else {
        notes.add(Note::SeverityMissing);
        return Sent {
            value: Severity::Pending,
            sent: None,
        };
    };
    let value = Severity::from_sent(sent.as_text());
    notes.add_if(value.is_none(), Note::SeverityUnknown);
    Sent {
        value: value.unwrap_or(Severity::Pending),
        sent: Some(sent.as_text().to_owned()),
    }
}

fn sent_severity<'r, 's>(sources: &'r Sources<'s>, notes: &mut Notes) -> Option<&'r Scalar<'s>> {
    let rule = |origin| sources.rule(origin, |rule| rule.severity);
    let known = sources
        .first(sources.paths.document.severity)
        .or_else(|| rule(Origin::Signal))
        .or_else(|| rule(Origin::Kibana))
        .or_else(|| rule(Origin::Parameters));
    if known.is_some() {
        return known;
    }
    let beside = rule(Origin::Context);
    notes.add_if(beside.is_some(), Note::SeverityFromRuleContext);
    beside.or_else(|| {
        let event = sources.first(sources.paths.document.event_severity)?;
        super::event::is_defend(sources).then_some(event)
    })
}

/// The risk score: the first that is a finite number.
pub(super) fn risk_score(sources: &Sources<'_>, notes: &mut Notes) -> Option<f64> {
    let rule = |origin| sources.rule(origin, |rule| rule.risk_score);
    let defend = || {
        let event = sources.first(sources.paths.document.event_risk_score)?;
        super::event::is_defend(sources).then_some(event)
    };
    let candidates = [
        sources.first(sources.paths.document.risk_score),
        rule(Origin::Signal),
        rule(Origin::Kibana),
        rule(Origin::Parameters),
        rule(Origin::Context),
    ];
    for sent in candidates.into_iter().flatten().chain(defend()) {
        match sent.as_text().trim().parse::<f64>() {
            Ok(score) if score.is_finite() => return Some(score),
            _ => notes.add(Note::RiskScoreUnreadable),
        }
    }
    None
}
