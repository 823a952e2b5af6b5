//! What a body turned out to hold. A clean body is borrowed throughout; only what was mended or decoded is owned.
//! A document's text is strict JSON and its alert is an object in it, whatever was done to the body before.
//! Duplicate keys are kept in the text, and the last one wins wherever the reader looks.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::beside::Beside;
use super::lookup::{find_text, scalar_of};
use super::mended::Mended;

/// A body, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payload<'a> {
    /// The alerts, in the order of the body, each once.
    pub documents: Vec<Document<'a>>,
    /// What stood where an alert was expected and is none, in the order of the body.
    pub rejected: Vec<Rejected<'a>>,
    /// What was mended, each kind once, in the order it was met.
    pub mended: Vec<Mended>,
}

/// One alert, as the body holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<'a> {
    /// JSON text of the document: the alert, or the hit with its frame around the alert.
    pub text: Cow<'a, str>,
    /// Where in `text` the alert object is: all of it, or the value of `_source`, or of `fields` in a hit without source.
    pub alert: Range<usize>,
    /// `_id` of the hit or of the alert, or of the `_bulk` line before it.
    pub id: Option<Cow<'a, str>>,
    /// `_index`, from the same places.
    pub index: Option<Cow<'a, str>>,
    /// JSON object text of the `rule` that stands beside the alerts in the envelope: the last fall-back for
    /// what the alert does not say. Shared by the alerts of one envelope.
    pub rule: Option<Arc<str>>,
}

impl Document<'_> {
    /// What the body says of the document beside it.
    pub fn beside(&self) -> Beside {
        let own = |id: &&str| {
            self.text.as_bytes().as_ptr_range().contains(&id.as_ptr())
                || scalar_of(&self.text, "_id").as_deref() == Some(*id)
        };
        let id = self.id.as_deref().filter(|id| !own(id));
        Beside {
            rule: self.rule.clone(),
            id: id.map(ToOwned::to_owned),
        }
    }

    /// JSON object text of the alert alone.
    pub fn alert_text(&self) -> &str {
        self.text.get(self.alert.clone()).unwrap_or(&self.text)
    }

    /// What Elastic calls the alert by: `kibana.alert.uuid` in any spelling, else `_id`.
    pub fn elastic_id(&self) -> Option<Cow<'_, str>> {
        find_text(self.alert_text(), &["kibana", "alert", "uuid"])
            .or_else(|| self.id.as_deref().map(Cow::Borrowed))
    }

    /// The same document, owning its text.
    pub fn into_owned(self) -> Document<'static> {
        Document {
            text: owned(self.text),
            alert: self.alert,
            id: self.id.map(owned),
            index: self.index.map(owned),
            rule: self.rule,
        }
    }
}

/// A part of the body that is no alert, to be kept as a dead letter of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected<'a> {
    /// How many candidates, accepted or not, stood before it in the body.
    pub position: usize,
    /// Why it is no alert.
    pub reason: RejectedReason,
    /// The part, as it stands in the body after mending.
    pub text: Cow<'a, str>,
    /// What the body says of it beside it.
    pub beside: Beside,
}

impl Rejected<'_> {
    /// The same part, owning its text.
    pub fn into_owned(self) -> Rejected<'static> {
        Rejected {
            position: self.position,
            reason: self.reason,
            text: owned(self.text),
            beside: self.beside,
        }
    }
}

/// Why a part of a body is no alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectedReason {
    /// It cannot be read as JSON, while other parts of the body can.
    InvalidJson,
    /// It nests deeper than allowed.
    TooDeep,
    /// It is a string, number, boolean or null.
    NotAnObject,
    /// It is an object without anything an Elastic alert has.
    NotAnAlert,
}

impl RejectedReason {
    /// The stable `snake_case` name.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::NotAnObject => "not_an_object",
            Self::NotAnAlert => "not_an_alert",
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
