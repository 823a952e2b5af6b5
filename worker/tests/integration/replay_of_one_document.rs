//! A document of a body that is otherwise stored is replayed to the place it had in it, and is counted there.

use calseta_shared::dead_letter::{self, Reason};
use calseta_worker::dead_letters::{self, Filter, discard, edit, with_body};
use time::OffsetDateTime;

use crate::{
    database::Database,
    letters::{
        alert, assert_reconciled, bury, by_id, counts, envelope, interpreter, replay, store, why,
    },
};

#[tokio::test]
async fn a_dead_document_of_a_stored_body_gets_the_uuid_of_its_place() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = format!(
        r#"{{"alerts":[{{"x":1}},{},{}]}}"#,
        alert("a", "A"),
        alert("b", "B")
    );
    let record = interpreter().record(envelope(&body));
    let receipt = record.envelope.receipt_id;
    let stored = store(&database)
        .insert(&[&record], OffsetDateTime::now_utc())
        .await?;
    assert_eq!((stored.alerts, stored.dead), (2, 1));
    assert_reconciled(&database).await?;
    let id = dead_letter::id(br#"{"x":1}"#);
    edit(&database.pool, id, alert("c", "C").as_bytes(), &why()).await?;

    let summary = replay(&database, by_id(id)).await?;

    assert_eq!(counts(&summary), [1, 0, 0]);
    let (letter, _) = with_body(&database.pool, id).await?;
    assert_eq!(letter.alert_uuid, Some(receipt.alert_uuid(2)));
    let original: Vec<u8> = database
        .one("SELECT original_body FROM dead_letters")
        .await?;
    assert_eq!(original, br#"{"x":1}"#);
    let counted: String = database
        .one("SELECT concat_ws(' ', documents, alerts, duplicates, dead) FROM receipts")
        .await?;
    assert_eq!(counted, "3 3 0 0");
    assert_reconciled(&database).await
}

const ALERT: &str = "SELECT row_to_json(a)::text FROM (SELECT uuid, identity, fingerprint, title, severity, rule_uuid, notes, \
     raw::text FROM alerts WHERE title <> 'Y') a";

#[tokio::test]
async fn a_document_is_replayed_beside_what_its_body_said_of_it() -> anyhow::Result<()> {
    let thin = r#"{"_id":"x","host":{"name":"h"},"@timestamp":"2026-11-24T10:00:00Z"}"#;
    let bulk = r#"{"signal":{"rule":{"name":"B"}},"@timestamp":"2026-11-24T10:00:00Z"}"#;
    let other = alert("y", "Y");
    for body in [
        format!(
            r#"{{"rule":{{"name":"Beside","severity":"high","id":"r"}},"alerts":[{other},{thin}]}}"#
        ),
        format!("{other}\n{{\"index\":{{\"_id\":\"x\"}}}}\n{bulk}\n"),
    ] {
        let whole = Database::create().await?;
        let mut record = interpreter().record(envelope(&body));
        let now = OffsetDateTime::now_utc();
        store(&whole).insert(&[&record], now).await?;
        let expected: String = whole.one(ALERT).await?;

        let database = Database::create().await?;
        let uuid = record.alerts[1].uuid;
        assert!(record.bury(uuid, Reason::Constraint, "a fault that is fixed by now"));
        store(&database).insert(&[&record], now).await?;
        assert_eq!(trial(&database).await?, [1]);
        let summary = replay(&database, Filter::default()).await?;

        assert_eq!(counts(&summary), [1, 0, 0], "{body}");
        assert_eq!(database.one::<String>(ALERT).await?, expected);
        assert_reconciled(&database).await?;
    }
    Ok(())
}

/// Alerts that each of the samples would give.
async fn trial(database: &Database) -> anyhow::Result<Vec<usize>> {
    let (pool, interpreter) = (&database.pool, interpreter());
    let trial = dead_letters::trial(pool, &interpreter, Filter::default(), 10).await?;
    Ok(trial.sample.iter().map(|sample| sample.alerts).collect())
}

#[tokio::test]
async fn a_body_that_is_partly_dead_leaves_its_dead_document_behind() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = format!(r#"{{"alerts":[{},{{"x":1}}]}}"#, alert("a", "A"));
    bury(&database, std::slice::from_ref(&body)).await?;

    let summary = replay(&database, Filter::default()).await?;

    assert_eq!(counts(&summary), [1, 0, 0]);
    let left: Vec<u8> = database
        .one("SELECT body FROM dead_letters WHERE status = 'open'")
        .await?;
    assert_eq!(left, br#"{"x":1}"#);
    assert_reconciled(&database).await
}

#[tokio::test]
async fn a_discarded_document_is_accounted_for_and_is_not_replayed() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = format!(r#"{{"alerts":[{},{{"x":1}}]}}"#, alert("a", "A"));
    let record = interpreter().record(envelope(&body));
    store(&database)
        .insert(&[&record], OffsetDateTime::now_utc())
        .await?;

    assert_eq!(discard(&database.pool, Filter::default(), &why()).await?, 1);

    let counted: String = database
        .one("SELECT concat_ws(' ', documents, alerts, dead, discarded) FROM receipts")
        .await?;
    assert_eq!(counted, "2 1 0 1");
    assert_eq!(replay(&database, Filter::default()).await?.matched, 0);
    database
        .run("DELETE FROM dead_letters WHERE status <> 'open'")
        .await?;
    assert_reconciled(&database).await
}
