//! Opens envelopes until alerts are found, from strict JSON text and by known names only.
//! Recursion is bounded by the levels an envelope may have; a member nobody knows is stepped over, not entered.
//! What stands in a list for alerts and is none is rejected by itself; the rest of the list is still read.

use std::borrow::Cow;
use std::sync::Arc;

use super::alert::{BesideRule, Sight};
use super::beside::Beside;
use super::document::{Document, RejectedReason};
use super::envelope::Kind;
use super::error::PayloadError;
use super::gathered::{Gathered, Reading};
use super::mended::Mended;
use super::read;
use super::walk::{elements, is_blank, unquote};

/// Envelopes and lists that are opened inside the outermost one.
const LEVELS: u8 = 5;

/// Where a value stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Place<'t> {
    /// Envelopes and lists around it.
    pub(super) level: u8,
    /// Strings around it that were decoded.
    pub(super) decoded: u8,
    /// Whether an alert is expected here, so that anything else is rejected.
    pub(super) expected: bool,
    /// Whether it stands under a Kibana list.
    pub(super) listed: bool,
    /// The rule beside it, from the innermost envelope that has one.
    pub(super) rule: Option<BesideRule>,
    /// The `_bulk` line before it.
    pub(super) action: Action<'t>,
}

/// What a `_bulk` line says of the document after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Action<'t> {
    pub(super) id: Option<Cow<'t, str>>,
    pub(super) index: Option<Cow<'t, str>>,
}

impl Place<'_> {
    /// A place one level further in, where no `_bulk` line reaches.
    fn inside<'i>(&self) -> Place<'i> {
        Place {
            level: self.level + 1,
            decoded: self.decoded,
            expected: self.expected,
            listed: self.listed,
            rule: self.rule.clone(),
            action: Action::default(),
        }
    }

    /// What is known here of a value that is no alert.
    pub(super) fn beside(&self) -> Beside {
        Beside {
            rule: self.rule.as_ref().map(|rule| Arc::clone(&rule.text)),
            id: self.action.id.as_deref().map(ToOwned::to_owned),
        }
    }
}

/// Opens one strict value and collects the alerts in it.
pub(super) fn open<'t>(
    value: &'t str,
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    match value.as_bytes().first() {
        Some(b'{') => open_object(value, Sight::of(value), place, found, reading),
        Some(b'[') => open_list(value, place, found, reading),
        Some(b'"') => open_string(value, place, found, reading),
        _ if value == "null" && place.listed => {
            found.empty_list = true;
            Ok(())
        }
        _ if place.expected => found.reject(value, RejectedReason::NotAnObject, place, reading),
        _ => Ok(()),
    }
}

fn open_list<'t>(
    list: &'t str,
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    if is_blank(list) {
        found.empty_list |= place.listed || place.level == 0;
        return Ok(());
    }
    if place.level > LEVELS {
        return found.reject(list, RejectedReason::NotAnAlert, place, reading);
    }
    let inner = Place {
        expected: true,
        ..place.inside()
    };
    for element in elements(list) {
        open(element, &inner, found, reading)?;
    }
    Ok(())
}

/// Opens one strict object, already looked at.
pub(super) fn open_object<'t>(
    object: &'t str,
    sight: Sight<'t>,
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    // Where no alert is expected, an object beside a rule is more likely a part of what the rule says.
    let beside = place.expected && place.rule.as_ref().is_some_and(|rule| rule.is_named);
    if sight.is_envelope() && place.level <= LEVELS {
        let (documents, rejected, empty_list) = (
            found.documents.len(),
            found.rejected.len(),
            found.empty_list,
        );
        found.empty_list = false;
        open_members(object, &sight, place, found, reading)?;
        let answered = found.documents.len() > documents
            || found.empty_list
            || found.rejected.len() > rejected;
        found.empty_list |= empty_list;
        if found.documents.len() > documents || (answered && !sight.is_alert()) {
            return Ok(());
        }
        // The members were the alert's own, so what they rejected was never an alert of this body.
        found.rejected.truncate(rejected);
        found.empty_list = empty_list;
    }
    if is_blank(object) && place.listed {
        found.empty_list = true;
        return Ok(());
    }
    let Some(alert) = sight.alert(object, beside) else {
        return if place.expected {
            found.reject(object, RejectedReason::NotAnAlert, place, reading)
        } else {
            Ok(())
        };
    };
    let start = alert.as_ptr().addr() - object.as_ptr().addr();
    let document = Document {
        text: Cow::Borrowed(object),
        alert: start..start + alert.len(),
        id: sight.id.or_else(|| place.action.id.clone()),
        index: sight.index.or_else(|| place.action.index.clone()),
        rule: place.rule.as_ref().map(|rule| Arc::clone(&rule.text)),
    };
    found.accept(document, reading)
}

fn open_members<'t>(
    object: &'t str,
    sight: &Sight<'t>,
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    let rule = sight.rule_of(object).or_else(|| place.rule.clone());
    for &(kind, value) in &sight.envelopes {
        if kind == Kind::Recovered {
            found.empty_list = true;
            continue;
        }
        let listed = place.listed || kind == Kind::List;
        let expected = kind == Kind::List && value.starts_with(['{', '"']) && !is_blank(value);
        let inner = Place {
            expected,
            listed,
            rule: rule.clone(),
            ..place.inside()
        };
        open(value, &inner, found, reading)?;
    }
    Ok(())
}

fn open_string<'t>(
    string: &'t str,
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    if is_blank(string) && place.listed {
        found.empty_list = true;
        return Ok(());
    }
    let text = unquote(string)
        .filter(|text| place.decoded < read::DECODES && text.trim_start().starts_with(['{', '[']));
    let Some(text) = text else {
        return if place.expected {
            found.reject(string, RejectedReason::NotAnObject, place, reading)
        } else {
            Ok(())
        };
    };
    let inner = Place {
        level: place.level,
        decoded: place.decoded + 1,
        ..place.inside()
    };
    let reason = match read::gather(&text, &inner, reading) {
        Ok(inside) => {
            reading.note(Mended::JsonInString);
            found.absorb(inside.into_owned());
            return Ok(());
        }
        Err(error @ PayloadError::TooManyDocuments { .. }) => return Err(error),
        Err(PayloadError::TooDeep { .. }) => RejectedReason::TooDeep,
        Err(_) => RejectedReason::InvalidJson,
    };
    found.reject(string, reason, place, reading)
}
