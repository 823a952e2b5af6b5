//! The raw queue is deleted under both programs: they declare it again, and alerts flow as before.

use std::time::Duration;

use anyhow::ensure;
use harness::{Pipeline, client::Answer, eventually};

use crate::documents::alert;

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_queue_is_declared_again() -> anyhow::Result<()> {
    let pipeline = Pipeline::with_workers(1).start().await?;
    let before = pipeline.accept(&alert("before")).await?;
    pipeline.settled(&[before]).await?;
    for round in 0..2 {
        delete_raw_queue(&pipeline)?;
        let document = alert(&format!("after-{round}"));
        let receipt = eventually(
            Duration::from_secs(30),
            "an alert is accepted again",
            async || {
                let answer = pipeline.client.post(document.to_string().into()).await?;
                ensure!(answer.status < 500, "{}: {}", answer.status, answer.json());
                Ok(Answer::accepted(&answer))
            },
        )
        .await?;
        let what = "it is stored";
        eventually(Duration::from_secs(30), what, async || {
            let query = "SELECT 1 FROM receipts WHERE receipt_id = $1";
            let id = &receipt.receipt_id;
            Ok(pipeline.database.query_opt(query, &[id]).await?)
        })
        .await?;
    }
    pipeline.finish()
}

fn delete_raw_queue(pipeline: &Pipeline) -> anyhow::Result<()> {
    let vhost = pipeline.vhost();
    let deleted = vhost.evaluate(&format!(
        "{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{}\">>, queue, <<\"calseta.raw\">>)), \
         {{ok, _}} = rabbit_amqqueue:delete(Q, false, false, <<\"calseta\">>), ok.",
        vhost.name()
    ))?;
    ensure!(deleted == "ok", "the queue was not deleted: {deleted}");
    Ok(())
}
