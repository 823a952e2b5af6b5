//! Which time is which. `@timestamp` is when the alert occurred; the original time is the event's. The alert's start is
//! when the alert was made, so it may stand in for the first and never for the second. Without any, the time of receipt
//! stands in, and the alert says so.

use time::{OffsetDateTime, UtcOffset};

use super::notes::Notes;
use super::sources::Sources;
use super::time::{TimeError, parse};
use crate::alert::Note;
use crate::fields::PathId;

/// How many values of a path are tried for one that is a time.
const MAX_VALUES: usize = 16;

/// The times of an alert, in UTC.
#[derive(Debug)]
pub(super) struct Times {
    pub(super) occurred_at: Option<OffsetDateTime>,
    pub(super) estimated: bool,
    pub(super) event_time: Option<OffsetDateTime>,
}

/// Reads the times; `received_at` is the last resort.
pub(super) fn times(
    sources: &Sources<'_>,
    received_at: Option<OffsetDateTime>,
    notes: &mut Notes,
) -> Times {
    let paths = &sources.paths.document;
    let event_time = read(
        sources,
        &[paths.original_time, paths.signal_original_time],
        notes,
    );
    // An anomaly record has a `timestamp` of its own: the start of its bucket, which is no time of the alert.
    let plain = if sources.first(paths.job_id).is_none() {
        &[paths.plain_timestamp][..]
    } else {
        &[]
    };
    let ways: [(&[PathId], Option<Note>); 3] = [
        (&[paths.timestamp], None),
        (plain, Some(Note::OccurredAtFromTimestamp)),
        (&[paths.start], Some(Note::OccurredAtFromStart)),
    ];
    for (way, note) in ways {
        if let Some(time) = read(sources, way, notes) {
            notes.add(note);
            return Times {
                occurred_at: Some(time),
                estimated: false,
                event_time,
            };
        }
    }
    if event_time.is_some() {
        notes.add(Note::OccurredAtFromOriginalTime);
        return Times {
            occurred_at: event_time,
            estimated: false,
            event_time,
        };
    }
    let received = received_at.and_then(|time| time.checked_to_offset(UtcOffset::UTC));
    notes.add(if received.is_some() {
        Note::OccurredAtFromReceipt
    } else {
        Note::OccurredAtMissing
    });
    Times {
        occurred_at: received,
        estimated: received.is_some(),
        event_time,
    }
}

/// The first readable time of the paths; what was not readable before it is noted.
fn read(sources: &Sources<'_>, paths: &[PathId], notes: &mut Notes) -> Option<OffsetDateTime> {
    for sent in paths
        .iter()
        .flat_map(|path| sources.document.scalars(*path).iter().take(MAX_VALUES))
    {
        match parse(sent.as_text()) {
            Ok(parsed) => {
                notes.add_if(parsed.zoneless, Note::TimestampWithoutZone);
                return Some(parsed.time);
            }
            Err(TimeError::Blank) => {}
            Err(TimeError::Unreadable) => notes.add(Note::TimestampUnreadable),
            Err(TimeError::OutOfRange) => notes.add(Note::TimestampOutOfRange),
        }
    }
    None
}
