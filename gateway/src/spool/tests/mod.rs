//! The promises of the spool, on a real directory, on a simulated disk that loses power, and in a child
//! process that is killed.

mod appending;
mod disk_faults;
mod draining;
mod killed;
mod measured;
mod power_loss;
mod volume;

use std::{collections::BTreeSet, path::Path, time::Duration};

use bytesize::ByteSize;
use calseta_shared::{envelope::Envelope, ids::ReceiptId, source::Source};

use super::{Spool, SpoolConfig, SpoolError};

fn config(dir: &Path) -> SpoolConfig {
    SpoolConfig {
        dir: dir.into(),
        max_bytes: ByteSize::mib(64),
        sync_wait: Duration::ZERO,
        sync_max_payloads: 512.try_into().unwrap(),
        sync_max_bytes: ByteSize::mib(16),
        drain_per_second: 1_000_000.try_into().unwrap(),
        drain_window: 16.try_into().unwrap(),
    }
}

/// A payload with a text of its own and `padding` more bytes.
fn envelope(text: &str, padding: usize) -> Envelope {
    let mut body = text.as_bytes().to_vec();
    body.resize(text.len() + padding, b' ');
    Envelope {
        receipt_id: ReceiptId::new(),
        source: Source::Elastic,
        received_at_ms: 1_764_000_000_000,
        content_type: Some("application/json".into()),
        key_prefix: "cai_abcdefgh".into(),
        verified_by: "secret_header".into(),
        traceparent: None,
        dead: None,
        body: body.into(),
    }
}

/// The texts of all payloads that wait, in order.
async fn texts(spool: &Spool) -> Result<Vec<String>, SpoolError> {
    let mut seen = BTreeSet::new();
    let mut texts = Vec::new();
    loop {
        let batch = spool.batch(1_000, &seen).await?;
        if batch.is_empty() {
            return Ok(texts);
        }
        for spooled in batch {
            seen.insert(spooled.key);
            let text = String::from_utf8_lossy(&spooled.envelope.body);
            texts.push(text.trim_end().to_owned());
        }
    }
}
