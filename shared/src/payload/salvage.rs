//! Saves the alerts of a stream that is broken somewhere: a line cut off, or a word between two values.
//! Values before the failure count, then every line that is strict by itself; the rest is rejected, in pieces as large
//! as they come, and nothing is dropped unnamed. Without an alert among them nothing is saved and the body is refused.

use super::document::RejectedReason;
use super::error::PayloadError;
use super::gathered::{Gathered, Reading};
use super::mended::Mended;
use super::read::{bulk_action, most_values, open_values};
use super::stream::{Stream, split};
use super::unwrap::{Action, Place};

/// Opens what can be read of a text whose strict reading failed. `None` if no alert can.
pub(super) fn salvage<'t>(
    text: &'t str,
    strict: &Stream<'t>,
    place: &Place<'t>,
    reading: &mut Reading,
) -> Option<Gathered<'t>> {
    let failure = strict.failure.as_ref()?;
    let mut attempt = reading.attempt();
    let rest = text.get(failure.start..)?;
    let found = readable_parts(strict, rest, place, &mut attempt).ok()?;
    if found.documents.is_empty() {
        return None;
    }
    attempt.note(Mended::Salvaged);
    *reading = attempt;
    Some(found)
}

fn readable_parts<'t>(
    strict: &Stream<'t>,
    rest: &'t str,
    place: &Place<'t>,
    attempt: &mut Reading,
) -> Result<Gathered<'t>, PayloadError> {
    let mut found = open_values(strict, place, attempt)?;
    let mut place = place.clone();
    let (mut broken, mut at) = (0, 0);
    for line in rest.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let stream = split(line, most_values(attempt));
        if !stream.is_complete() || !line.trim_start().starts_with('{') {
            continue;
        }
        reject(rest.get(broken..start), &place, &mut found, attempt)?;
        broken = at;
        if let [only] = stream.values.as_slice()
            && let Some(action) = bulk_action(only)
        {
            place.action = action;
            continue;
        }
        found.absorb(open_values(&stream, &place, attempt)?);
        place.action = Action::default();
    }
    reject(rest.get(broken..), &place, &mut found, attempt)?;
    Ok(found)
}

fn reject<'t>(
    piece: Option<&'t str>,
    place: &Place<'_>,
    found: &mut Gathered<'t>,
    attempt: &mut Reading,
) -> Result<(), PayloadError> {
    match piece.map(str::trim) {
        None | Some("") => Ok(()),
        Some(piece) => found.reject(piece, RejectedReason::InvalidJson, place, attempt),
    }
}
