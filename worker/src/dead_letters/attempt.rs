//! Reads a dead letter again, as the pipeline reads a delivery, under the ids it had.
//!
//! Pure. A whole body makes the alert uuids it would have made; one document of a body keeps its own, and is
//! read beside what the body said of it.
//! What gives no alert at all has failed, and nothing of it is stored.

use calseta_shared::{
    dead_letter::Reason, envelope::Envelope, payload::in_context, source::Source,
};
use uuid::Uuid;

use crate::{
    interpret::Interpreter,
    record::Record,
    store::{Attempt, Occurrence, OpenLetter},
};

/// Alerts that Postgres has refused, with what it said.
pub type Refused = std::collections::HashMap<Uuid, String>;

/// What the letter becomes now. Alerts in `refused` were refused by Postgres, with what it said.
pub fn attempt(interpreter: &Interpreter, letter: &OpenLetter, refused: &Refused) -> Attempt {
    let Ok(source) = letter.source.parse::<Source>() else {
        return failed(
            Reason::UnknownEnvelope,
            "this program does not know its source",
        );
    };
    let mut records = Vec::with_capacity(letter.occurrences.len());
    for occurrence in &letter.occurrences {
        let mut record = interpreter.record(envelope(letter, source, occurrence));
        if let Some(position) = occurrence.position
            && let Err(failure) = place(&mut record, position)
        {
            return failure;
        }
        let here: Vec<Uuid> = record.alerts.iter().map(|alert| alert.uuid).collect();
        for uuid in here {
            if let Some(detail) = refused.get(&uuid) {
                record.bury(uuid, Reason::Constraint, detail);
            }
        }
        if record.alerts.is_empty()
            && let Some(dead) = record.dead.first()
        {
            return failed(dead.reason, &dead.detail);
        }
        records.push(record);
    }
    Attempt::Ready(records)
}

/// Gives the one document of a body the position it had there.
fn place(record: &mut Record, position: u32) -> Result<(), Attempt> {
    let receipt = record.envelope.receipt_id;
    match (record.alerts.as_mut_slice(), record.dead.as_slice()) {
        ([alert], []) => {
            alert.position = usize::try_from(position).unwrap_or(usize::MAX);
            alert.uuid = receipt.alert_uuid(position);
            Ok(())
        }
        ([], [dead, ..]) => Err(failed(dead.reason, &dead.detail)),
        (alerts, dead) => {
            let found = alerts.len() + dead.len();
            let detail = format!("one document of a body was expected, {found} are in it");
            Err(failed(Reason::NotAnAlert, &detail))
        }
    }
}

fn failed(reason: Reason, detail: &str) -> Attempt {
    Attempt::Failed {
        reason,
        detail: detail.to_owned(),
    }
}

fn envelope(letter: &OpenLetter, source: Source, occurrence: &Occurrence) -> Envelope {
    let milliseconds = occurrence.received_at.unix_timestamp_nanos() / 1_000_000;
    Envelope {
        receipt_id: occurrence.receipt_id,
        source,
        received_at_ms: i64::try_from(milliseconds).unwrap_or_default(),
        content_type: letter.content_type.clone(),
        key_prefix: letter.key_prefix.clone(),
        verified_by: letter.verified_by.clone(),
        traceparent: None,
        dead: None,
        body: match &occurrence.context {
            Some(context) => in_context(&letter.body, context).into(),
            None => letter.body.clone(),
        },
    }
}
