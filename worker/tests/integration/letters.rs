//! Alerts, dead letters and replays as the tests need them.

use calseta_shared::{
    broker::Backoff, dead_letter::Reason, envelope::Envelope, ids::ReceiptId, payload::Limits,
    source::Source,
};
use calseta_worker::{
    dead_letters::{Filter, Replay, Run, Summary, Why},
    interpret::Interpreter,
    record::DeadDocument,
    store::{DeadLetter, Partitions, Seen, Store, insert_dead_letters},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::database::Database;

/// An alert document.
pub(crate) fn alert(id: &str, title: &str) -> String {
    format!(
        r#"{{"kibana.alert.uuid":"{id}","kibana.alert.rule.name":"{title}","kibana.alert.severity":"high",
        "@timestamp":"2026-11-24T10:00:00Z","source.ip":"203.0.113.7","event.action":"odd"}}"#
    )
}

pub(crate) fn interpreter() -> Interpreter {
    Interpreter::new(&[], Limits::default()).unwrap()
}

pub(crate) fn store(database: &Database) -> Store {
    let window = database.config.store.fingerprint_window;
    Store::new(
        database.pool.clone(),
        window,
        1_000,
        Partitions::default(),
        Seen::default(),
    )
}

pub(crate) fn envelope(body: &str) -> Envelope {
    let now = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    Envelope {
        receipt_id: ReceiptId::new(),
        source: Source::Elastic,
        received_at_ms: i64::try_from(now).unwrap(),
        content_type: Some("application/json".into()),
        key_prefix: "cai_12345678".into(),
        verified_by: "none".into(),
        traceparent: None,
        dead: None,
        body: body.to_owned().into(),
    }
}

/// Bodies that were dead-lettered as a whole, each of a request of its own.
pub(crate) async fn bury(database: &Database, bodies: &[String]) -> anyhow::Result<Vec<ReceiptId>> {
    let envelopes: Vec<Envelope> = bodies.iter().map(|body| envelope(body)).collect();
    bury_again(database, &envelopes).await?;
    Ok(envelopes.iter().map(|e| e.receipt_id).collect())
}

pub(crate) async fn bury_again(database: &Database, envelopes: &[Envelope]) -> anyhow::Result<()> {
    let documents: Vec<DeadDocument> = envelopes
        .iter()
        .map(|envelope| DeadDocument {
            position: None,
            reason: Reason::DeliveryLimit,
            detail: "a fault that is fixed by now".into(),
            body: envelope.body.to_vec(),
            context: None,
        })
        .collect();
    let letters = envelopes.iter().zip(&documents);
    let letters = letters.map(|(envelope, document)| DeadLetter {
        envelope,
        received_at: OffsetDateTime::now_utc(),
        document,
    });
    let mut client = database.pool.get().await?;
    let transaction = client.transaction().await?;
    insert_dead_letters(&transaction, letters.collect()).await?;
    transaction.commit().await?;
    Ok(())
}

pub(crate) fn why() -> Why {
    Why {
        actor: "a test".into(),
        reason: "the cause is fixed".into(),
    }
}

pub(crate) async fn replay(database: &Database, filter: Filter) -> anyhow::Result<Summary> {
    let run = Run::start(&database.pool, filter, &why()).await?;
    let interpreter = interpreter();
    let replay = Replay {
        store: store(database),
        pool: database.pool.clone(),
        interpreter: &interpreter,
        run,
        rate: None,
        backoff: Backoff::new(
            std::time::Duration::from_millis(5),
            std::time::Duration::from_millis(50),
        ),
    };
    Ok(replay.run().await?)
}

/// Stored, failed, skipped.
pub(crate) fn counts(summary: &Summary) -> [i64; 3] {
    [summary.stored, summary.failed, summary.skipped]
}

pub(crate) fn by_id(id: Uuid) -> Filter {
    Filter {
        ids: Some(vec![id]),
        ..Filter::default()
    }
}

/// Every receipt has the rows it speaks of.
pub(crate) async fn assert_reconciled(database: &Database) -> anyhow::Result<()> {
    let report = calseta_worker::reconcile::reconcile(&database.pool, None, 10).await?;
    assert_eq!(report.differences, []);
    Ok(())
}
