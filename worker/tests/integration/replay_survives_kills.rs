//! A replay that is killed in the middle has counted exactly what it has stored, and goes on from there.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use uuid::Uuid;

use crate::{
    database::{Database, eventually},
    letters::{alert, assert_reconciled, bury},
};

const RESOLVED: &str = "SELECT count(*) FROM dead_letters WHERE status = 'resolved'";
const COUNTED: &str = "SELECT coalesce(sum(stored), 0)::bigint FROM dead_letter_replays";
const LETTERS: i64 = 400;

fn worker(database: &Database, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_calseta-worker"));
    command
        .args(arguments)
        .env("DATABASE_URL", &database.url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

async fn killed_in_the_middle(database: &Database) -> anyhow::Result<()> {
    let bodies: Vec<String> = (0..LETTERS)
        .map(|n| alert(&n.to_string(), "Rule"))
        .collect();
    bury(database, &bodies).await?;
    let slowly = [
        "dead-letters",
        "replay",
        "--all",
        "--why",
        "fixed",
        "--rate",
        "100",
    ];
    let mut replay: Child = worker(database, &slowly).spawn()?;
    eventually(Duration::from_secs(20), async || {
        Ok((database.one::<i64>(RESOLVED).await? >= 40).then_some(()))
    })
    .await?;
    // SIGKILL.
    replay.kill()?;
    replay.wait()?;
    let resolved: i64 = database.one(RESOLVED).await?;
    assert!(resolved < LETTERS, "it was not killed in the middle");
    assert_eq!(database.one::<i64>(COUNTED).await?, resolved);
    Ok(())
}

async fn assert_all_stored_once(database: &Database) -> anyhow::Result<()> {
    assert_eq!(database.one::<i64>(RESOLVED).await?, LETTERS);
    assert_eq!(database.one::<i64>(COUNTED).await?, LETTERS);
    assert_eq!(
        database.one::<i64>("SELECT count(*) FROM alerts").await?,
        LETTERS
    );
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM alert_occurrences")
            .await?,
        0
    );
    assert_reconciled(database).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replay_is_resumed_where_its_last_commit_was() -> anyhow::Result<()> {
    let database = Database::create().await?;
    killed_in_the_middle(&database).await?;
    let run: Uuid = database.one("SELECT id FROM dead_letter_replays").await?;

    let output = worker(
        &database,
        &["dead-letters", "replay", "--resume", &run.to_string()],
    )
    .output()?;

    assert!(output.status.success());
    let said = String::from_utf8(output.stdout)?;
    assert!(
        said.contains("400 stored, 0 failed again, 0 skipped"),
        "{said}"
    );
    assert_all_stored_once(&database).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replay_that_is_started_anew_stores_only_the_rest() -> anyhow::Result<()> {
    let database = Database::create().await?;
    killed_in_the_middle(&database).await?;

    let again = [
        "dead-letters",
        "replay",
        "--all",
        "--why",
        "once more",
        "--format",
        "json",
    ];
    let output = worker(&database, &again).output()?;

    assert!(output.status.success());
    assert_all_stored_once(&database).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_counts_and_reads_a_sample_and_changes_nothing() -> anyhow::Result<()> {
    let database = Database::create().await?;
    bury(&database, &[alert("a", "Rule A"), r#"{"no":1}"#.to_owned()]).await?;
    let before: String = database
        .one("SELECT string_agg(l::text, ' ' ORDER BY id) FROM dead_letters l")
        .await?;

    let output = worker(&database, &["dead-letters", "replay", "--all", "--dry-run"]).output()?;

    let said = String::from_utf8(output.stdout)?;
    assert!(said.contains("2 would be replayed"), "{said}");
    assert!(
        said.contains("gives 1 alerts") && said.contains("fails again: not_an_alert"),
        "{said}"
    );
    let after: String = database
        .one("SELECT string_agg(l::text, ' ' ORDER BY id) FROM dead_letters l")
        .await?;
    assert_eq!(before, after);
    assert_eq!(
        database
            .one::<i64>("SELECT count(*) FROM dead_letter_replays")
            .await?,
        0
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_found_by_the_text_of_their_rule_and_exported_with_their_bytes()
-> anyhow::Result<()> {
    let database = Database::create().await?;
    bury(
        &database,
        &[alert("a", "Malware Prevention"), alert("b", "Übung")],
    )
    .await?;
    for (text, found) in [("malware prev", 1), ("Übung", 1), ("nothing like it", 0)] {
        let output = worker(
            &database,
            &["dead-letters", "list", "--text", text, "--format", "json"],
        )
        .output()?;
        assert_eq!(
            String::from_utf8(output.stdout)?.lines().count(),
            found,
            "{text}"
        );
    }
    let output = worker(
        &database,
        &["dead-letters", "export", "--reason", "delivery_limit"],
    )
    .output()?;
    let said = String::from_utf8(output.stdout)?;
    let lines: Vec<serde_json::Value> = said
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    assert!(lines.iter().any(|line| line["body"] == alert("b", "Übung")));
    assert_eq!(lines.len(), 2);
    Ok(())
}
