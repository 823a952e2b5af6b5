//! One envelope as bytes on disk: a version, a checksum, the facts as JSON, and the body byte for byte.
//!
//! A record of another version, or with a byte changed, is refused and never guessed at.

use bytes::Bytes;
use calseta_shared::{
    dead_letter::{Reason, UnknownReason},
    envelope::Envelope,
    ids::ReceiptId,
    source::Source,
};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// The version this program writes and reads.
const VERSION: u8 = 1;
const CHECKSUM: usize = 8;
/// Version, checksum, and the length of the facts.
const FRONT: usize = 1 + CHECKSUM + 4;

/// A record that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum RecordError {
    /// Written by another version of the gateway.
    #[error("the record has version {0}, this gateway reads {VERSION}")]
    Version(u8),
    /// Shorter than it says.
    #[error("the record is cut off")]
    CutOff,
    /// Not the bytes that were written.
    #[error("the record's checksum is wrong")]
    Checksum,
    /// The facts have another form.
    #[error("the record's facts cannot be read")]
    Facts(#[from] serde_json::Error),
    /// A reason this gateway does not know.
    #[error(transparent)]
    Reason(#[from] UnknownReason),
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    receipt_id: ReceiptId,
    source: Source,
    received_at_ms: i64,
    content_type: Option<String>,
    key_prefix: String,
    verified_by: String,
    traceparent: Option<String>,
    /// Name of the reason, and the sentence on it.
    dead: Option<(String, String)>,
}

/// Writes an envelope.
pub(super) fn encode(envelope: &Envelope) -> Result<Vec<u8>, serde_json::Error> {
    let dead = envelope.dead.as_ref();
    let facts = serde_json::to_vec(&Facts {
        receipt_id: envelope.receipt_id,
        source: envelope.source,
        received_at_ms: envelope.received_at_ms,
        content_type: envelope.content_type.clone(),
        key_prefix: envelope.key_prefix.clone(),
        verified_by: envelope.verified_by.clone(),
        traceparent: envelope.traceparent.clone(),
        dead: dead.map(|(reason, detail)| (reason.name().into(), detail.clone())),
    })?;
    let mut record = Vec::with_capacity(FRONT + facts.len() + envelope.body.len());
    record.push(VERSION);
    record.extend_from_slice(&[0; CHECKSUM]);
    let length = u32::try_from(facts.len()).unwrap_or(u32::MAX);
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(&facts);
    record.extend_from_slice(&envelope.body);
    let sum = checksum(&record);
    record[1..=CHECKSUM].copy_from_slice(&sum);
    Ok(record)
}

/// Reads it back.
pub(super) fn decode(record: Vec<u8>) -> Result<Envelope, RecordError> {
    let (facts, end) = facts(&record)?;
    if record[1..=CHECKSUM] != checksum(&record) {
        return Err(RecordError::Checksum);
    }
    let dead = match facts.dead {
        Some((reason, detail)) => Some((reason.parse::<Reason>()?, detail)),
        None => None,
    };
    Ok(Envelope {
        receipt_id: facts.receipt_id,
        source: facts.source,
        received_at_ms: facts.received_at_ms,
        content_type: facts.content_type,
        key_prefix: facts.key_prefix,
        verified_by: facts.verified_by,
        traceparent: facts.traceparent,
        dead,
        body: Bytes::from(record).slice(end..),
    })
}

/// When the payload of a record came, in milliseconds since the epoch.
pub(super) fn received_at_ms(record: &[u8]) -> Option<i64> {
    facts(record).ok().map(|(facts, _)| facts.received_at_ms)
}

/// The facts, and where the body begins.
fn facts(record: &[u8]) -> Result<(Facts, usize), RecordError> {
    match record.first() {
        Some(&VERSION) => {}
        Some(&other) => return Err(RecordError::Version(other)),
        None => return Err(RecordError::CutOff),
    }
    let length = record.get(1 + CHECKSUM..FRONT).ok_or(RecordError::CutOff)?;
    let length = length
        .iter()
        .fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
    let end = FRONT + length;
    let facts = record.get(FRONT..end).ok_or(RecordError::CutOff)?;
    Ok((serde_json::from_slice(facts)?, end))
}

/// Of everything after the checksum.
fn checksum(record: &[u8]) -> [u8; CHECKSUM] {
    let mut sum = [0; CHECKSUM];
    let hash = digest(&SHA256, record.get(1 + CHECKSUM..).unwrap_or_default());
    sum.copy_from_slice(&hash.as_ref()[..CHECKSUM]);
    sum
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn envelope(
        body: Vec<u8>,
        dead: Option<(Reason, String)>,
        content_type: Option<String>,
    ) -> Envelope {
        Envelope {
            receipt_id: ReceiptId::new(),
            source: Source::Elastic,
            received_at_ms: 1_780_000_000_123,
            content_type,
            key_prefix: "cai_abcdefgh".into(),
            verified_by: "signature".into(),
            traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".into()),
            dead,
            body: body.into(),
        }
    }

    proptest! {
        #[test]
        fn an_envelope_is_read_back_as_it_was_written_and_a_flipped_bit_is_refused(
            body in proptest::collection::vec(any::<u8>(), 0..300),
            detail in proptest::option::of(".{0,80}"),
            content_type in proptest::option::of("[ -~]{1,60}"),
            place in any::<proptest::sample::Index>(),
            bit in 0_u8..8,
        ) {
            let dead = detail.map(|detail| (Reason::NotAnAlert, detail));
            let written = envelope(body, dead, content_type);
            let record = encode(&written).unwrap();
            prop_assert_eq!(received_at_ms(&record), Some(written.received_at_ms));
            prop_assert_eq!(decode(record.clone()).unwrap(), written);
            let mut flipped = record.clone();
            flipped[place.index(record.len())] ^= 1 << bit;
            prop_assert!(decode(flipped).is_err());
            let mut cut = record;
            cut.truncate(place.index(cut.len()));
            prop_assert!(decode(cut).is_err());
        }
    }
}
