//! The pure half of the pipeline: a payload becomes a record, document by document.
//!
//! No I/O and no clock. Every document ends as an alert or as a dead document with its reason; none is
//! left out, and none makes another fail.

use bytes::Bytes;
use calseta_shared::{
    dead_letter::Reason,
    envelope::Envelope,
    payload::{self, Document, Limits, PayloadError},
};
use time::OffsetDateTime;

use crate::{
    alert::Alert,
    extract::{Extraction, Extractor, FieldMapping, RegisterError},
    fields::{Catalog, CatalogBuilder},
    normalize::{NormalizeInput, Normalizer},
    record::{AlertRecord, DeadDocument, Record, fingerprint, hash, identity},
};

/// Everything that reads a document, compiled once.
pub struct Interpreter {
    catalog: Catalog,
    normalizer: Normalizer,
    extractor: Extractor,
    limits: Limits,
}

impl Interpreter {
    /// Compiles the built-in fields and these mappings.
    ///
    /// # Errors
    /// Names the path that cannot be used.
    pub fn new(mappings: &[FieldMapping], limits: Limits) -> Result<Self, RegisterError> {
        let mut builder = CatalogBuilder::new();
        let normalizer = Normalizer::register(&mut builder)?;
        let extractor = Extractor::register(&mut builder, mappings)?;
        Ok(Self {
            catalog: builder.build(),
            normalizer,
            extractor,
            limits,
        })
    }

    /// Reads a body into documents, as the gateway does.
    ///
    /// # Errors
    /// When the body is unreadable or holds no alert.
    pub fn read<'a>(&self, body: &'a [u8]) -> Result<payload::Payload<'a>, PayloadError> {
        payload::read(body, self.limits)
    }

    /// One document's alert and indicators; `received_at` stands in for a time it does not have.
    ///
    /// # Errors
    /// When its fields cannot be read.
    pub fn document(
        &self,
        document: &Document<'_>,
        received_at: Option<OffsetDateTime>,
    ) -> Result<(Alert, Extraction), crate::fields::ReadError> {
        let reading = self.catalog.read(document.alert_text())?;
        let input = NormalizeInput {
            hit_id: document.id.as_deref(),
            rule_context: document.rule.as_deref(),
            received_at,
        };
        let alert = self.normalizer.normalize(&reading, input);
        Ok((alert, self.extractor.extract(&reading)))
    }

    /// Everything one delivery becomes.
    pub fn record(&self, envelope: Envelope) -> Record {
        let nanoseconds = i128::from(envelope.received_at_ms) * 1_000_000;
        let received_at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let body = envelope.body.clone();
        let mut record = Record {
            envelope,
            received_at,
            documents: 0,
            mended: Vec::new(),
            alerts: Vec::new(),
            dead: Vec::new(),
        };
        match self.read(&body) {
            Ok(payload) => self.fill(&mut record, &payload),
            Err(error) => {
                // The body counts as one document, so that a receipt's counts add up.
                record.documents = 1;
                record.dead.push(DeadDocument {
                    position: None,
                    reason: Reason::from(&error),
                    detail: error.to_string(),
                    body: body.to_vec(),
                    context: None,
                });
            }
        }
        record
    }

    fn fill(&self, record: &mut Record, payload: &payload::Payload<'_>) {
        record.documents = payload.documents.len() + payload.rejected.len();
        record.mended = payload.mended.iter().map(|mended| mended.name()).collect();
        for (position, document) in payload.documents.iter().enumerate() {
            match self.document(document, Some(record.received_at)) {
                Ok((alert, extraction)) => {
                    let envelope = &record.envelope;
                    let uuid_position = u32::try_from(position).unwrap_or(u32::MAX);
                    record.alerts.push(AlertRecord {
                        uuid: envelope.receipt_id.alert_uuid(uuid_position),
                        position,
                        identity: identity(envelope.source, &alert, document.alert_text()),
                        fingerprint: fingerprint(&alert, &extraction),
                        raw_hash: hash(&[document.text.as_bytes()]),
                        alert,
                        extraction,
                        raw: slice(&envelope.body, &document.text),
                        beside: document.beside(),
                    });
                }
                Err(error) => record.dead.push(DeadDocument {
                    position: Some(position),
                    reason: Reason::Normalize,
                    detail: error.to_string(),
                    body: document.text.as_bytes().to_vec(),
                    context: document.beside().context(),
                }),
            }
        }
        // Behind the alerts, whose uuids follow from 0, 1, …: a replayed one must not get the uuid of another.
        let behind = payload.documents.len();
        let rejected = payload
            .rejected
            .iter()
            .enumerate()
            .map(|(index, rejected)| DeadDocument {
                position: Some(behind + index),
                reason: Reason::NotAnAlert,
                detail: rejected.reason.name().to_owned(),
                body: rejected.text.as_bytes().to_vec(),
                context: rejected.beside.context(),
            });
        record.dead.extend(rejected);
    }
}

/// The text, without a copy where it is a part of the body.
fn slice(body: &Bytes, text: &str) -> Bytes {
    let (whole, part) = (body.as_ptr_range(), text.as_bytes().as_ptr_range());
    if whole.start <= part.start && part.end <= whole.end {
        body.slice_ref(text.as_bytes())
    } else {
        Bytes::copy_from_slice(text.as_bytes())
    }
}
