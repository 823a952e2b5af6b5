//! A replay stores what it can exactly once, under the ids it had, and says what became of the rest.

use calseta_shared::dead_letter::{self, Reason};
use calseta_worker::dead_letters::{self, Filter, discard, edit, with_body};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    database::Database,
    letters::{
        alert, assert_reconciled, bury, bury_again, by_id, counts, envelope, interpreter, replay,
        store, why,
    },
};

#[tokio::test]
async fn a_dead_letter_whose_cause_is_fixed_is_resolved_and_points_to_its_alert()
-> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = alert("a", "Rule A");
    let receipts = bury(&database, std::slice::from_ref(&body)).await?;

    let summary = replay(&database, Filter::default()).await?;

    assert_eq!(counts(&summary), [1, 0, 0]);
    let (letter, _) = with_body(&database.pool, dead_letter::id(body.as_bytes())).await?;
    assert_eq!(letter.status, "resolved");
    assert_eq!(letter.alert_uuid, Some(receipts[0].alert_uuid(0)));
    let uuid: Uuid = database.one("SELECT uuid FROM alerts").await?;
    assert_eq!(Some(uuid), letter.alert_uuid);
    assert_reconciled(&database).await
}

#[tokio::test]
async fn a_replay_that_is_repeated_stores_nothing_again() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = alert("a", "Rule A");
    bury(&database, std::slice::from_ref(&body)).await?;
    replay(&database, Filter::default()).await?;

    let by_filter = replay(&database, Filter::default()).await?;
    let by_name = replay(&database, by_id(dead_letter::id(body.as_bytes()))).await?;

    assert_eq!((by_filter.matched, counts(&by_filter)), (0, [0, 0, 0]));
    assert_eq!((by_name.matched, counts(&by_name)), (1, [0, 0, 1]));
    assert_eq!(database.one::<i64>("SELECT count(*) FROM alerts").await?, 1);
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM alert_occurrences")
            .await?,
        0
    );
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_that_fails_again_says_why_and_counts_its_attempts() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = r#"{"no": "alert"}"#.to_owned();
    bury(&database, std::slice::from_ref(&body)).await?;

    for attempts in 1..=2 {
        let summary = replay(&database, Filter::default()).await?;
        assert_eq!(counts(&summary), [0, 1, 0]);
        let (letter, kept) = with_body(&database.pool, dead_letter::id(body.as_bytes())).await?;
        assert_eq!((letter.attempts, &*letter.status), (attempts, "open"));
        assert_eq!(letter.reason, "not_an_alert");
        assert_eq!(kept, body.as_bytes());
    }
    Ok(())
}

#[tokio::test]
async fn equal_bodies_of_two_requests_become_an_alert_and_its_occurrence() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = alert("a", "Rule A");
    let first = envelope(&body);
    let second = envelope(&body);
    bury_again(&database, &[first.clone(), second.clone()]).await?;
    // The dead queue delivers at least once: it must not count twice.
    bury_again(&database, &[second]).await?;
    let (letter, _) = with_body(&database.pool, dead_letter::id(body.as_bytes())).await?;
    assert_eq!(letter.occurrences, 2);

    replay(&database, Filter::default()).await?;

    let uuid: Uuid = database.one("SELECT uuid FROM alerts").await?;
    assert_eq!(uuid, first.receipt_id.alert_uuid(0));
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM alert_occurrences")
            .await?,
        1
    );
    assert_eq!(
        database.one::<i64>("SELECT count(*) FROM receipts").await?,
        2
    );
    assert_reconciled(&database).await
}

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
async fn two_replays_at_once_store_each_dead_letter_once() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let bodies: Vec<String> = (0..600).map(|n| alert(&n.to_string(), "Rule")).collect();
    bury(&database, &bodies).await?;

    let (one, other) = tokio::join!(
        replay(&database, Filter::default()),
        replay(&database, Filter::default())
    );

    assert_eq!(one?.stored + other?.stored, 600);
    assert_eq!(
        database.one::<i64>("SELECT count(*) FROM alerts").await?,
        600
    );
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM alert_occurrences")
            .await?,
        0
    );
    assert_reconciled(&database).await
}

#[tokio::test]
async fn an_alert_that_postgres_refuses_fails_alone() -> anyhow::Result<()> {
    let database = Database::create().await?;
    database
        .run("ALTER TABLE alerts ADD CONSTRAINT not_bad CHECK (title <> 'Bad')")
        .await?;
    let mut bodies: Vec<String> = (0..50).map(|n| alert(&n.to_string(), "Good")).collect();
    bodies.push(alert("bad", "Bad"));
    bury(&database, &bodies).await?;

    let summary = replay(&database, Filter::default()).await?;

    assert_eq!(counts(&summary), [50, 1, 0]);
    let reason: String = database
        .one("SELECT reason FROM dead_letters WHERE status = 'open'")
        .await?;
    assert_eq!(reason, "constraint");
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

#[tokio::test]
async fn a_body_that_came_hundreds_of_times_is_resolved_over_several_transactions()
-> anyhow::Result<()> {
    let database = Database::create().await?;
    let body = alert("a", "Rule A");
    bury(&database, &vec![body; 450]).await?;

    let summary = replay(&database, Filter::default()).await?;

    assert_eq!((summary.matched, counts(&summary)), (1, [1, 0, 0]));
    assert_eq!(database.one::<i64>("SELECT count(*) FROM alerts").await?, 1);
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM alert_occurrences")
            .await?,
        449
    );
    assert_reconciled(&database).await
}
