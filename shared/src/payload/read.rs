//! The order in which a body is understood: strictly first, then mended, each mend one pass and the number of passes fixed.
//! A mend is kept only if its result is strict JSON from end to end; else the strict failure is what the caller is told.

use super::alert::Sight;
use super::document::Payload;
use super::entities;
use super::error::PayloadError;
use super::gathered::{Gathered, Reading};
use super::lookup::scalar_of;
use super::mend::repair;
use super::mended::Mended;
use super::outline::Member;
use super::refusal;
use super::salvage::salvage;
use super::stream::{Stream, split};
use super::survey::{mend_surrogates, survey};
use super::unwrap::{Action, Place, open, open_object};
use super::walk::members;

/// Strings inside one another that are decoded: a forwarded body inside a string may hold `"{{context.alerts}}"`.
pub(super) const DECODES: u8 = 2;

/// What a body may hold at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Levels of nesting. 127 is the most serde_json reads into a value.
    pub depth: usize,
    /// Candidates for an alert, before duplicates are dropped.
    pub documents: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 127,
            documents: 20_000,
        }
    }
}

/// Reads a body into documents.
///
/// # Errors
/// [`PayloadError`] when the body cannot be read, or holds nothing that is an Elastic alert and is no empty envelope either.
pub fn read(body: &[u8], limits: Limits) -> Result<Payload<'_>, PayloadError> {
    let mut reading = Reading::new(limits);
    let mut found = if let Ok(text) = std::str::from_utf8(body) {
        read_text(text, &mut reading)?
    } else {
        reading.note(Mended::InvalidUtf8);
        read_text(&String::from_utf8_lossy(body), &mut reading)?.into_owned()
    };
    if found.documents.is_empty() && (!found.empty_list || !found.rejected.is_empty()) {
        return Err(refusal::no_alert(&found.rejected));
    }
    found.drop_repeated();
    Ok(Payload {
        documents: found.documents,
        rejected: found.rejected,
        mended: reading.mended,
    })
}

fn read_text<'t>(text: &'t str, reading: &mut Reading) -> Result<Gathered<'t>, PayloadError> {
    let text = match text.trim_start().strip_prefix('\u{feff}') {
        Some(rest) => {
            reading.note(Mended::ByteOrderMark);
            rest
        }
        None => text,
    };
    if text.trim().is_empty() {
        return Err(PayloadError::Empty);
    }
    if let Some(error) = refusal::template_error(text) {
        return Err(error);
    }
    gather(
        text,
        &Place {
            expected: true,
            ..Place::default()
        },
        reading,
    )
}

/// Reads a text that may need mending, and opens what it consists of.
pub(super) fn gather<'t>(
    text: &'t str,
    place: &Place<'t>,
    reading: &mut Reading,
) -> Result<Gathered<'t>, PayloadError> {
    let strict = split(text, most_values(reading));
    if strict.is_complete() {
        return open_values(&strict, place, reading);
    }
    if strict.overflow {
        return Err(PayloadError::TooManyDocuments {
            limit: reading.limits.documents,
        });
    }
    let repaired = repair(text);
    if let Some(found) = gather_mended(&repaired.text, &repaired.mends, place, reading) {
        return found;
    }
    drop(repaired);
    if let Some(decoded) = entities::decode(text) {
        let repaired = repair(&decoded);
        let mends: Vec<_> = [Mended::HtmlEntities]
            .into_iter()
            .chain(repaired.mends)
            .collect();
        if let Some(found) = gather_mended(&repaired.text, &mends, place, reading) {
            return found;
        }
    }
    salvage(text, &strict, place, reading)
        .ok_or_else(|| refusal::invalid_json(text, strict.failure.as_ref()))
}

/// Opens a mended text if it is strict JSON now; `None` if it is not.
fn gather_mended(
    text: &str,
    mends: &[Mended],
    place: &Place<'_>,
    reading: &mut Reading,
) -> Option<Result<Gathered<'static>, PayloadError>> {
    let stream = split(text, most_values(reading));
    if mends.is_empty() || !stream.is_complete() {
        return None;
    }
    for mend in mends {
        reading.note(*mend);
    }
    Some(open_values(&stream, place, reading).map(Gathered::into_owned))
}

/// `_bulk` has a line of its own before each document.
pub(super) fn most_values(reading: &Reading) -> usize {
    reading.limits.documents.saturating_mul(2)
}

pub(super) fn open_values<'t>(
    stream: &Stream<'t>,
    place: &Place<'t>,
    reading: &mut Reading,
) -> Result<Gathered<'t>, PayloadError> {
    if stream.stray_comma {
        reading.note(Mended::TrailingComma);
    }
    if stream.values.len() > 1 {
        reading.note(if stream.commas {
            Mended::CommaList
        } else {
            Mended::ValueStream
        });
    }
    let mut found = Gathered::default();
    let mut place = place.clone();
    let mut members = stream.members.as_deref();
    for value in &stream.values {
        let members = members.take();
        if stream.values.len() > 1
            && let Some(action) = bulk_action(value)
        {
            place.action = action;
            continue;
        }
        open_value((value, members), &place, &mut found, reading)?;
        place.action = Action::default();
    }
    Ok(found)
}

fn open_value<'t>(
    (value, members): (&'t str, Option<&[Member<'t>]>),
    place: &Place<'t>,
    found: &mut Gathered<'t>,
    reading: &mut Reading,
) -> Result<(), PayloadError> {
    let seen = survey(value, reading.limits.depth);
    if seen.depth > reading.limits.depth {
        return Err(PayloadError::TooDeep {
            depth: seen.depth,
            limit: reading.limits.depth,
        });
    }
    if !seen.lone_surrogate {
        return match members {
            Some(members) => open_object(value, Sight::of_members(members), place, found, reading),
            None => open(value, place, found, reading),
        };
    }
    reading.note(Mended::LoneSurrogate);
    let mended = mend_surrogates(value);
    let mut inside = Gathered::default();
    open(&mended, place, &mut inside, reading)?;
    found.absorb(inside.into_owned());
    Ok(())
}

/// `_id` and `_index` of a `_bulk` action line; `None` for any other value.
pub(super) fn bulk_action(value: &str) -> Option<Action<'_>> {
    let mut lines = members(value);
    let (key, action) = lines.next()?;
    if lines.next().is_some()
        || !matches!(&*key, "index" | "create" | "update" | "delete")
        || !action.starts_with('{')
    {
        return None;
    }
    let value_of = |name| scalar_of(action, name);
    Some(Action {
        id: value_of("_id"),
        index: value_of("_index"),
    })
}
