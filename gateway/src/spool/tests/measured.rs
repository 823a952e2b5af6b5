//! What one sync for many is worth, printed and not asserted: `cargo test measured -- --ignored --nocapture`.

use std::time::Instant;

use tokio::task::JoinSet;

use super::{Spool, SpoolError, config, envelope, texts};

const PAYLOADS: usize = 6_400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: says nothing that could be wrong"]
#[expect(clippy::print_stderr, reason = "the figures are what it is for")]
async fn group_commit_against_a_sync_each() -> anyhow::Result<()> {
    let mut rates = Vec::new();
    for (callers, payloads) in [(64, PAYLOADS), (1, PAYLOADS / 8)] {
        let dir = tempfile::tempdir_in(std::env::current_dir()?)?;
        let spool = Spool::open(&config(dir.path()))?;
        let began = Instant::now();
        let mut running = JoinSet::new();
        for _ in 0..callers {
            let spool = spool.clone();
            running.spawn(async move {
                for _ in 0..payloads / callers {
                    spool.append(&envelope("measured", 6_000)).await?;
                }
                Ok::<_, SpoolError>(())
            });
        }
        while let Some(outcome) = running.join_next().await {
            outcome??;
        }
        let seconds = began.elapsed().as_secs_f64();
        let rate = payloads as f64 / seconds;
        let file = std::fs::metadata(dir.path().join("spool.redb"))?.len();
        eprintln!(
            "{callers} callers: {rate:.0} appends/s, {} syncs for {payloads}, {:.1} ms a sync, file {file} for {} bytes",
            spool.syncs(),
            seconds * 1_000.0 / spool.syncs() as f64,
            spool.bytes(),
        );
        rates.push(rate);
        let began = Instant::now();
        spool.close().await;
        let spool = Spool::open(&config(dir.path()))?;
        eprintln!("closed and opened again in {:?}", began.elapsed());
        assert_eq!(texts(&spool).await?.len(), payloads);
    }
    eprintln!("ratio {:.1}", rates[0] / rates[1]);
    Ok(())
}
