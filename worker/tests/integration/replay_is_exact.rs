//! A replay stores what it can exactly once, under the ids it had, and says what became of the rest.

use calseta_shared::dead_letter;
use calseta_worker::dead_letters::{Filter, with_body};
use uuid::Uuid;

use crate::{
    database::Database,
    letters::{alert, assert_reconciled, bury, bury_again, by_id, counts, envelope, replay},
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
