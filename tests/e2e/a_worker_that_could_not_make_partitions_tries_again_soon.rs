//! A worker whose first look at the partitions fails is ready soon after, and not at its next turn.

use std::time::Duration;

use harness::{Pipeline, eventually};

/// What a worker takes before it makes a partition.
const LOCK: i64 = 0x0063_616c_7061_7274;
const TAKE: &str = "SELECT pg_advisory_lock($1)";
const GIVE: &str = "SELECT pg_advisory_unlock($1)";
const WAITING: &str = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
    WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_could_not_make_partitions_tries_again_soon() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(0)
        .worker("CALSETA__DATABASE__STATEMENT_TIMEOUT", "300ms")
        .worker("CALSETA__PARTITIONS__INTERVAL", "1h")
        .start()
        .await?;
    let holder = pipeline.connect().await?;
    holder.execute(TAKE, &[&LOCK]).await?;
    let holding = async {
        // The worker waits, is cancelled by its timeout, and waits again.
        for waiting in [1_i64, 0, 1] {
            let what = format!("{waiting} wait for the lock");
            eventually(Duration::from_secs(30), &what, async || {
                let row = holder.query_one(WAITING, &[]).await?;
                Ok((row.get::<_, i64>(0) == waiting).then_some(()))
            })
            .await?;
        }
        holder.execute(GIVE, &[&LOCK]).await?;
        anyhow::Ok(())
    };
    let (ready, held) = tokio::join!(pipeline.start_worker(), holding);
    held.and(ready)?;
    pipeline.finish()
}
