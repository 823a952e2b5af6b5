//! Everything one delivery becomes before it is stored: its receipt, its alerts, its dead documents.
//!
//! It owns its data, so that it can be held and tried again while Postgres is away. All ids in it are
//! computed from the delivery; storing it twice stores it once.

use bytes::Bytes;
use calseta_shared::{dead_letter::Reason, envelope::Envelope, payload::Beside, source::Source};
use ring::digest::{Context, SHA256};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::{alert::Alert, batch::Weight, extract::Extraction};

/// One settled delivery.
#[derive(Clone, Debug)]
pub struct Record {
    /// What is known of the request.
    pub envelope: Envelope,
    /// When the gateway had it.
    pub received_at: OffsetDateTime,
    /// Documents in the body.
    pub documents: usize,
    /// What had to be mended to read the body, by name.
    pub mended: Vec<&'static str>,
    /// What becomes alerts.
    pub alerts: Vec<AlertRecord>,
    /// What never can.
    pub dead: Vec<DeadDocument>,
}

/// One document that becomes an alert.
#[derive(Clone, Debug)]
pub struct AlertRecord {
    /// Made from receipt and position.
    pub uuid: Uuid,
    /// In the body, from 0.
    pub position: usize,
    /// The same for the same Elastic alert.
    pub identity: Uuid,
    /// The same for alike alerts.
    pub fingerprint: Uuid,
    /// A hash of `raw`.
    pub raw_hash: Uuid,
    /// The normalized alert.
    pub alert: Alert,
    /// Its indicators, and what was dropped.
    pub extraction: Extraction,
    /// The document's text: JSON, where the body was clean a part of it.
    pub raw: Bytes,
    /// What its body says of it beside it.
    pub beside: Beside,
}

/// One document, or a whole body, that can never be stored as an alert.
#[derive(Clone, Debug)]
pub struct DeadDocument {
    /// In the body; none for the body as a whole.
    pub position: Option<usize>,
    /// Why.
    pub reason: Reason,
    /// A sentence on it, without anything of the document.
    pub detail: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// What the body it was in said of it beside it, without which it would read otherwise.
    pub context: Option<String>,
}

impl Record {
    /// What it adds to a batch.
    pub fn weight(&self) -> Weight {
        let raw = self.alerts.iter().map(|alert| alert.raw.len());
        let dead = self.dead.iter().map(|dead| dead.body.len());
        Weight {
            alerts: self.alerts.len(),
            bytes: raw.chain(dead).sum(),
        }
    }

    /// Moves the alert with this uuid to the dead documents; says whether it was here.
    pub fn bury(&mut self, uuid: Uuid, reason: Reason, detail: &str) -> bool {
        let Some(found) = self.alerts.iter().position(|alert| alert.uuid == uuid) else {
            return false;
        };
        let alert = self.alerts.remove(found);
        self.dead.push(DeadDocument {
            position: Some(alert.position),
            reason,
            detail: detail.to_owned(),
            body: alert.raw.into(),
            context: alert.beside.context(),
        });
        true
    }
}

/// What makes two documents the same Elastic alert: source, space, and the alert's own id.
///
/// Without an id the document's text stands for it.
pub fn identity(source: Source, alert: &Alert, raw: &str) -> Uuid {
    let space = alert.space.as_deref().unwrap_or_default();
    match &alert.elastic_id {
        Some(id) => hash(&[
            b"id",
            source.name().as_bytes(),
            space.as_bytes(),
            id.as_bytes(),
        ]),
        None => hash(&[b"raw", source.name().as_bytes(), raw.as_bytes()]),
    }
}

/// What makes two alerts alike: rule, title and indicators.
pub fn fingerprint(alert: &Alert, extraction: &Extraction) -> Uuid {
    let rule = alert.rule_uuid.as_ref().or(alert.rule_id.as_ref());
    let mut parts = vec![
        rule.map(String::as_bytes).unwrap_or_default(),
        alert.title.as_bytes(),
    ];
    parts.extend(
        extraction
            .indicators
            .iter()
            .map(|indicator| &indicator.id.as_bytes()[..]),
    );
    hash(&parts)
}

/// The first 16 bytes of a SHA-256 over the parts, each behind its length.
pub fn hash(parts: &[&[u8]]) -> Uuid {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&context.finish().as_ref()[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_run_together_the_same_hash_differently() {
        assert_ne!(hash(&[b"ab", b"c"]), hash(&[b"a", b"bc"]));
        assert_eq!(hash(&[b"ab", b"c"]), hash(&[b"ab", b"c"]));
    }
}
