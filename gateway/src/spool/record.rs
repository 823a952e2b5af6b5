//! An envelope as bytes on the spool's disk: a version, the time of receipt, the facts, the body as is.
//!
//! A record of a version or with a word this program does not know is an error, never a guess, and the
//! record stays where it is. The version and the time keep their place in every version to come.

use bytes::Bytes;
use calseta_shared::{
    dead_letter::{Reason, UnknownReason},
    envelope::Envelope,
    ids::ReceiptId,
    source::{Source, UnknownSource},
};
use uuid::Uuid;

const VERSION: u8 = 1;
const CONTENT_TYPE: u8 = 1;
const TRACEPARENT: u8 = 2;
const DEAD: u8 = 4;

/// A record cannot be read by this program.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(super) enum RecordError {
    #[error("the record has version {found}, this program reads {VERSION}: start a newer gateway")]
    Version { found: u8 },
    #[error("the record has flags {found:#04x} that this program does not know")]
    Flags { found: u8 },
    #[error("the record ends early")]
    Short,
    #[error("the record's facts are no text")]
    Text(#[from] std::str::Utf8Error),
    #[error(transparent)]
    Source(#[from] UnknownSource),
    #[error(transparent)]
    Reason(#[from] UnknownReason),
}

/// One envelope, ready to be written: the body is not copied until it is in the store's page.
#[derive(Debug)]
pub(super) struct Record {
    head: Vec<u8>,
    body: Bytes,
}

impl Record {
    pub(super) fn encode(envelope: &Envelope) -> Self {
        let mut head = Vec::with_capacity(160);
        head.push(VERSION);
        head.extend_from_slice(&envelope.received_at_ms.to_le_bytes());
        head.extend_from_slice(envelope.receipt_id.0.as_bytes());
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        head.push(
            flag(envelope.content_type.is_some(), CONTENT_TYPE)
                | flag(envelope.traceparent.is_some(), TRACEPARENT)
                | flag(envelope.dead.is_some(), DEAD),
        );
        let mut text = |text: &str| {
            head.extend_from_slice(&(text.len() as u64).to_le_bytes());
            head.extend_from_slice(text.as_bytes());
        };
        text(envelope.source.name());
        text(&envelope.key_prefix);
        text(&envelope.verified_by);
        envelope.content_type.iter().for_each(|name| text(name));
        envelope.traceparent.iter().for_each(|parent| text(parent));
        if let Some((reason, detail)) = &envelope.dead {
            text(reason.name());
            text(detail);
        }
        Self {
            head,
            body: envelope.body.clone(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.head.len() + self.body.len()
    }

    /// Writes all of it into `page`, which is [`Self::len`] bytes long.
    pub(super) fn write(&self, page: &mut [u8]) {
        let (head, body) = page.split_at_mut(self.head.len());
        head.copy_from_slice(&self.head);
        body.copy_from_slice(&self.body);
    }
}

/// When the gateway had the payload, in milliseconds since the epoch; of any version.
pub(super) fn received_at_ms(record: &[u8]) -> Option<i64> {
    let time = record.get(1..9)?;
    Some(i64::from_le_bytes(time.try_into().ok()?))
}

pub(super) fn decode(record: &[u8]) -> Result<Envelope, RecordError> {
    let mut rest = Rest(record);
    match rest.byte()? {
        VERSION => {}
        found => return Err(RecordError::Version { found }),
    }
    let received_at_ms = i64::from_le_bytes(rest.array()?);
    let receipt_id = ReceiptId(Uuid::from_bytes(rest.array()?));
    let flags = rest.byte()?;
    if flags & !(CONTENT_TYPE | TRACEPARENT | DEAD) != 0 {
        return Err(RecordError::Flags { found: flags });
    }
    let source: Source = rest.text()?.parse()?;
    let key_prefix = rest.text()?.into();
    let verified_by = rest.text()?.into();
    let content_type = rest.optional(flags & CONTENT_TYPE != 0)?;
    let traceparent = rest.optional(flags & TRACEPARENT != 0)?;
    let dead = if flags & DEAD == 0 {
        None
    } else {
        let reason: Reason = rest.text()?.parse()?;
        Some((reason, rest.text()?.into()))
    };
    Ok(Envelope {
        receipt_id,
        source,
        received_at_ms,
        content_type,
        key_prefix,
        verified_by,
        traceparent,
        dead,
        body: Bytes::copy_from_slice(rest.0),
    })
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], RecordError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(RecordError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, RecordError> {
        Ok(self.array::<1>()?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RecordError> {
        self.take(N)?.try_into().map_err(|_| RecordError::Short)
    }

    fn text(&mut self) -> Result<&'a str, RecordError> {
        let length = u64::from_le_bytes(self.array()?);
        let length = usize::try_from(length).map_err(|_| RecordError::Short)?;
        Ok(std::str::from_utf8(self.take(length)?)?)
    }

    fn optional(&mut self, present: bool) -> Result<Option<String>, RecordError> {
        present.then(|| self.text().map(Into::into)).transpose()
    }
}

#[cfg(test)]
#[path = "tests/record.rs"]
mod tests;
