//! Decides what counts as an Elastic alert, from one shallow walk over an object's members.
//! Strong evidence is the alert's own vocabulary; without it an object counts only if a rule and a mark of a single
//! alert come together. A summary of free words (`{"rule":"x","severity":"high"}`) is refused: nothing in it is Elastic's.

use std::borrow::Cow;
use std::sync::Arc;

use super::envelope::{self, Kind};
use super::lookup::{find_text, scalar};
use super::outline::Member;
use super::walk::{first, is_blank, members};

/// What an object's members say about it. The last of duplicate members wins.
#[derive(Debug, Default)]
pub(super) struct Sight<'t> {
    /// `kibana.alert.*` or `signal.*` content, dotted, nested or split, or `event.kind` of an alert or signal.
    evident: bool,
    /// The members known to wrap alerts, all of them where one is written twice.
    pub(super) envelopes: Vec<(Kind, &'t str)>,
    pub(super) source: Option<&'t str>,
    pub(super) fields: Option<&'t str>,
    pub(super) id: Option<Cow<'t, str>>,
    pub(super) index: Option<Cow<'t, str>>,
    rule: Option<&'t str>,
    dotted_rule: bool,
    trace: Trace,
}

/// The most telling member that an alert has, but other things have as well.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Trace {
    #[default]
    None,
    /// It says who, where, what or when, in words of ECS.
    Entity,
    /// It names one alert, or its severity.
    Mark,
}

impl<'t> Sight<'t> {
    /// Looks at the members of an object.
    pub(super) fn of(object: &'t str) -> Self {
        let mut sight = Self::default();
        for (key, value) in members(object) {
            sight.member(&key, value);
        }
        sight
    }

    /// Looks at members that were found before.
    pub(super) fn of_members(members: &[Member<'t>]) -> Self {
        let mut sight = Self::default();
        for (key, value) in members {
            sight.member(key, value);
        }
        sight
    }

    fn member(&mut self, key: &str, value: &'t str) {
        // Most members of an alert: what is evident need not be said again.
        if self.evident && key.starts_with("kibana.") {
            return;
        }
        match key {
            "_source" => self.source = Some(value),
            "fields" => self.fields = Some(value),
            "_id" => self.id = scalar(value).filter(|id| !id.trim().is_empty()),
            "_index" => self.index = scalar(value).filter(|index| !index.trim().is_empty()),
            "rule" => self.rule = Some(first(value)).filter(|rule| is_filled_object(rule)),
            "kibana" => self.evidence(|| {
                members(first(value)).any(|(key, value)| is_alert_member(&key, value, "alert"))
            }),
            _ => self.other_member(key, value),
        }
    }

    fn other_member(&mut self, key: &str, value: &'t str) {
        let dot = key.bytes().position(|byte| byte == b'.');
        let segment = dot.and_then(|dot| key.get(..dot)).unwrap_or(key);
        match segment {
            "kibana" => self.evidence(|| is_alert_member(key, value, "kibana.alert")),
            "signal" => self.evidence(|| is_alert_member(key, value, "signal")),
            "event" => {
                self.trace(Trace::Entity, true);
                self.evidence(|| match key {
                    "event" => is_alert_kind(find_text(first(value), &["kind"])),
                    "event.kind" => is_alert_kind(scalar(value)),
                    _ => false,
                });
            }
            "rule" => self.dotted_rule = true,
            "alert" => self.trace(Trace::Mark, names_an_alert(key, value)),
            "severity" | "risk_score" | "alertId" | "alert_id" | "alertUuid" | "alert_uuid"
            | "id" | "uuid" => {
                self.trace(Trace::Mark, !is_blank(value));
            }
            "host" | "source" | "destination" | "user" | "process" | "file" | "url" | "dns"
            | "network" | "threat" | "@timestamp" => {
                self.trace(Trace::Entity, !is_blank(value));
            }
            _ => {}
        }
        if let Some(kind) = envelope::kind(key) {
            self.envelopes.push((kind, value));
        }
    }

    /// Once is enough: what follows it need not be looked at.
    fn evidence(&mut self, found: impl FnOnce() -> bool) {
        self.evident = self.evident || found();
    }

    fn trace(&mut self, trace: Trace, found: bool) {
        if found {
            self.trace = self.trace.max(trace);
        }
    }

    /// Whether its members may hold alerts: an alert may have a `data` or `body` of its own, but no list of alerts.
    pub(super) fn is_envelope(&self) -> bool {
        let is_kibana = |(kind, _): &(Kind, &str)| matches!(kind, Kind::List | Kind::Context);
        self.envelopes.iter().any(is_kibana) || (!self.envelopes.is_empty() && !self.is_alert())
    }

    /// Whether the object is an alert by itself, whatever stands beside it.
    pub(super) fn is_alert(&self) -> bool {
        self.evident || self.evident_inside().is_some()
    }

    fn inside(&self) -> impl Iterator<Item = &'t str> {
        [self.source, self.fields]
            .into_iter()
            .flatten()
            .filter(|inner| is_filled_object(inner))
    }

    fn evident_inside(&self) -> Option<&'t str> {
        self.inside().find(|inner| Sight::of(inner).evident)
    }

    /// Where the alert of this object is, or `None` if the object is no alert. `beside_rule`: whether a rule stands beside it.
    pub(super) fn alert(&self, object: &'t str, beside_rule: bool) -> Option<&'t str> {
        if let Some(inner) = self.evident_inside() {
            return Some(inner);
        }
        if self.evident {
            return Some(object);
        }
        let own_rule = self.rule.is_some_and(names_a_rule) || self.dotted_rule;
        let from_alerts_index =
            self.id.is_some() && self.index.as_deref().is_some_and(is_alerts_index);
        let marked = self.trace == Trace::Mark || self.id.is_some();
        let thin = from_alerts_index
            || (beside_rule && (marked || self.trace == Trace::Entity))
            || (own_rule && marked);
        thin.then(|| self.inside().next().unwrap_or(object))
    }

    /// The rule this object puts beside what it wraps: its `rule`, or an object made of its dotted `rule.*` members.
    pub(super) fn rule_of(&self, object: &str) -> Option<BesideRule> {
        if let Some(rule) = self.rule {
            return Some(BesideRule {
                text: Arc::from(rule),
                is_named: names_a_rule(rule),
            });
        }
        if !self.dotted_rule {
            return None;
        }
        let dotted = members(object).filter_map(|(key, value)| {
            let name = serde_json::to_string(key.strip_prefix("rule.")?).ok()?;
            Some(format!("{name}:{value}"))
        });
        let text = format!("{{{}}}", dotted.collect::<Vec<_>>().join(","));
        Some(BesideRule {
            is_named: names_a_rule(&text),
            text: Arc::from(text),
        })
    }
}

/// The rule of an envelope, copied and judged once for all its alerts, however many they are.
#[derive(Debug, Clone)]
pub(super) struct BesideRule {
    /// JSON object text.
    pub(super) text: Arc<str>,
    /// Whether it has a name or an id, so that it may stand for what a thin alert lacks.
    pub(super) is_named: bool,
}

fn is_filled_object(value: &str) -> bool {
    value.starts_with('{') && !is_blank(value)
}

fn is_alert_member(key: &str, value: &str, name: &str) -> bool {
    match key.strip_prefix(name) {
        Some("") => is_filled_object(first(value)),
        Some(rest) => rest.starts_with('.') && !is_blank(value),
        None => false,
    }
}

/// Whether `alert.id`, `alert.uuid` or an `alert` object has an id.
fn names_an_alert(key: &str, value: &str) -> bool {
    match key {
        "alert.id" | "alert.uuid" => !is_blank(value),
        "alert" => members(value).any(|(key, id)| matches!(&*key, "id" | "uuid") && !is_blank(id)),
        _ => false,
    }
}

fn is_alert_kind(kind: Option<Cow<'_, str>>) -> bool {
    kind.is_some_and(|kind| {
        kind.eq_ignore_ascii_case("alert") || kind.eq_ignore_ascii_case("signal")
    })
}

fn names_a_rule(rule: &str) -> bool {
    ["name", "id", "uuid", "rule_id"]
        .iter()
        .any(|key| find_text(rule, &[key]).is_some())
}

fn is_alerts_index(index: &str) -> bool {
    index.contains("alerts-security")
        || index.contains("siem-signals")
        || index.starts_with(".alerts-")
        || index.starts_with(".internal.alerts-")
}
