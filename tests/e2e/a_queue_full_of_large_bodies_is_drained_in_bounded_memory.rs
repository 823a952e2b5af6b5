//! A queue that holds more than a worker may use is stored whole, and the worker keeps to its memory.

use anyhow::ensure;
use harness::Pipeline;
use serde_json::json;

use crate::documents::alert;

const BODIES: usize = 60;
const BODY: usize = 2 * 1024 * 1024;
/// Below the 120 MiB of the queue and what a worker needs by itself: bodies held, and a few times the four batches in hand, each of one body.
const MOST_MIB: u32 = 130;

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_full_of_large_bodies_is_drained_in_bounded_memory() -> anyhow::Result<()> {
    let mut pipeline = Pipeline::with_workers(0)
        .worker("CALSETA__PAYLOAD__MAX_BYTES", "3MiB")
        .worker("CALSETA__CONSUMER__MAX_BYTES", "12MiB")
        .worker("CALSETA__BATCH__MAX_BYTES", "1MiB")
        .start()
        .await?;
    let mut receipts = Vec::new();
    for number in 0..BODIES {
        let mut document = alert(&number.to_string());
        document["message"] = json!("m".repeat(BODY));
        receipts.push(pipeline.accept(&document).await?);
    }
    pipeline.start_worker().await?;
    pipeline.settled(&receipts).await?;

    let peak = pipeline.worker(0)?.peak_kib()? / 1_024;
    ensure!(peak <= MOST_MIB, "the worker used {peak} MiB");
    pipeline.finish()
}
