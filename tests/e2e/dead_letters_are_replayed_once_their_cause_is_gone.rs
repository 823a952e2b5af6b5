//! A fault that is nobody's alert's makes dead letters of thousands; after the fix all are replayed, each once, also
//! when the replay is killed in the middle and started again. With figures, for 10,000 of them:
//! `cargo test --release -p calseta-e2e -- --ignored --nocapture ten_thousand_dead_letters`

use std::{
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use anyhow::ensure;
use harness::{Pipeline, eventually, report};
use serde_json::Value;

use crate::documents::send_alerts;

/// What a migration that went wrong would do.
const BREAK: &str =
    "ALTER TABLE alerts ADD CONSTRAINT broken CHECK (title = 'no such title') NOT VALID";
const MEND: &str = "ALTER TABLE alerts DROP CONSTRAINT broken";
const OPEN: &str = "SELECT count(*) FROM dead_letters WHERE status = 'open'";
const RESOLVED: &str = "SELECT count(*) FROM dead_letters d JOIN alerts a ON a.uuid = d.alert_uuid \
    WHERE d.status = 'resolved'";

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_replayed_once_their_cause_is_gone() -> anyhow::Result<()> {
    replayed(600, "600", Kill::InTheMiddle).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn ten_thousand_dead_letters_are_replayed_at_2000_a_second() -> anyhow::Result<()> {
    replayed(10_000, "2000", Kill::Never).await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn ten_thousand_dead_letters_are_replayed_once_by_two_runs() -> anyhow::Result<()> {
    replayed(10_000, "2000", Kill::InTheMiddle).await
}

#[derive(Clone, Copy, PartialEq)]
enum Kill {
    Never,
    InTheMiddle,
}

async fn replayed(count: u64, rate: &str, kill: Kill) -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    pipeline.database.batch_execute(BREAK).await?;
    let tally = send_alerts(&pipeline.client, count, 16).await?;
    ensure!(tally.all_accepted(), "{}", tally.table());
    let patience = Duration::from_secs(300);
    eventually(patience, "all are dead letters", async || {
        Ok((pipeline.count(OPEN).await? == count).then_some(()))
    })
    .await?;
    pipeline.database.batch_execute(MEND).await?;

    let what = "dead-letters replay --all --why mended --format json --rate";
    let arguments: Vec<&str> = what.split(' ').chain([rate]).collect();
    if kill == Kill::InTheMiddle {
        let mut first = start(&pipeline, &arguments)?;
        let left = eventually(patience, "a third is replayed", async || {
            let left = pipeline.count(OPEN).await?;
            Ok((left <= count - count / 3).then_some(left))
        })
        .await?;
        first.kill()?;
        first.wait()?;
        ensure!(left > 0, "the kill came too late to mean anything");
    }
    let started = Instant::now();
    let summary = start(&pipeline, &arguments)?.wait_with_output()?;
    let elapsed = started.elapsed();
    ensure!(summary.status.success(), "the replay failed");
    let summary: Value = serde_json::from_slice(&summary.stdout)?;
    let stored = summary["stored"].as_u64().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = stored as f64 / elapsed.as_secs_f64();
    report::progress(&format!("{summary} in {elapsed:.1?}, {rate:.0}/s"));

    ensure!(summary["failed"] == 0, "failed again: {summary}");
    assert_eq!(pipeline.count(OPEN).await?, 0);
    assert_eq!(pipeline.count(RESOLVED).await?, count);
    assert_eq!(pipeline.count("SELECT count(*) FROM alerts").await?, count);
    let occurrences = "SELECT count(*) FROM alert_occurrences";
    assert_eq!(pipeline.count(occurrences).await?, 0, "none twice");
    pipeline.finish()
}

fn start(pipeline: &Pipeline, arguments: &[&str]) -> anyhow::Result<Child> {
    let mut command = pipeline.prepare("worker", arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    Ok(child?)
}
