//! Whatever is missing from the rows of a receipt is found and named.

use calseta_worker::reconcile::{Difference, reconcile};
use time::OffsetDateTime;

use crate::{
    database::Database,
    letters::{alert, assert_reconciled, envelope, interpreter, store},
};

/// Two alerts, one of them sent again, and a dead document.
async fn filled() -> anyhow::Result<Database> {
    let database = Database::create().await?;
    let bodies = [
        format!(r#"{{"alerts":[{},{{"x":1}}]}}"#, alert("a", "A")),
        alert("b", "B"),
        alert("b", "B"),
    ];
    let records: Vec<_> = bodies
        .iter()
        .map(|b| interpreter().record(envelope(b)))
        .collect();
    let references: Vec<_> = records.iter().collect();
    store(&database)
        .insert(&references, OffsetDateTime::now_utc())
        .await?;
    assert_reconciled(&database).await?;
    Ok(database)
}

#[tokio::test]
async fn a_row_that_is_gone_is_named_with_its_receipt() -> anyhow::Result<()> {
    for (loss, said) in [
        ("DELETE FROM alerts WHERE title = 'A'", "0 of 1 alerts"),
        ("DELETE FROM alert_occurrences", "0 of 1 occurrences"),
        ("DELETE FROM dead_letters", "0 of 1 dead letters"),
        (
            "UPDATE receipts SET documents = 3 WHERE dead = 1",
            "2 of 3 documents accounted for",
        ),
        (
            "DELETE FROM receipts WHERE dead = 1",
            "1 rows without a receipt",
        ),
    ] {
        let database = filled().await?;
        database.run(loss).await?;
        let report = reconcile(&database.pool, None, 10).await?;
        let named: Vec<String> = report
            .differences
            .iter()
            .map(Difference::describe)
            .collect();
        assert_eq!(named, [said], "after {loss}");
    }
    Ok(())
}

#[tokio::test]
async fn only_receipts_since_a_time_are_compared() -> anyhow::Result<()> {
    let database = filled().await?;
    database.run("DELETE FROM alerts").await?;
    let later = OffsetDateTime::now_utc() + time::Duration::minutes(1);
    let report = reconcile(&database.pool, Some(later), 10).await?;
    assert_eq!((report.receipts, report.differences.len()), (0, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_fails_when_something_is_missing() -> anyhow::Result<()> {
    let database = filled().await?;
    let run = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_calseta-worker"))
            .arg("reconcile")
            .env("DATABASE_URL", &database.url)
            .output()
    };
    let sound = run()?;
    assert_eq!(sound.status.code(), Some(0));
    assert!(String::from_utf8(sound.stdout)?.contains("nothing is missing"));
    database.run("DELETE FROM alerts WHERE title = 'A'").await?;
    assert_eq!(run()?.status.code(), Some(1));
    Ok(())
}
