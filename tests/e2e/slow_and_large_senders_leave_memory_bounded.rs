//! Senders that are slow and senders of large bodies, many at once: the gateway's memory stays under its documented
//! limit, and an ordinary alert is still accepted at once.

use anyhow::{Context, ensure};
use bytes::Bytes;
use harness::{Pipeline, client::Client};
use tokio::{io::AsyncWriteExt, net::TcpStream, task::JoinSet};

use crate::documents::brute_force;

/// Memory that is free again, but not yet given back to the system.
const HELD_BACK_MIB: usize = 64;

/// A crowd, and what the gateway is given for it.
struct Crowd {
    slow: usize,
    large: usize,
    body_mib: usize,
    memory_mib: usize,
    small_mib: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_large_senders_leave_memory_bounded() -> anyhow::Result<()> {
    let crowd = Crowd {
        slow: 200,
        large: 40,
        body_mib: 4,
        memory_mib: 16,
        small_mib: 4,
    };
    crowd.come().await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "sends 3 GiB: cargo test --release -p calseta-e2e slow_and_large -- --ignored --nocapture"]
async fn a_thousand_slow_and_two_hundred_large_senders_leave_memory_bounded() -> anyhow::Result<()>
{
    let crowd = Crowd {
        slow: 1_000,
        large: 200,
        body_mib: 16,
        memory_mib: 256,
        small_mib: 64,
    };
    crowd.come().await
}

impl Crowd {
    async fn come(self) -> anyhow::Result<()> {
        let mib = |mib: usize| format!("{mib}MiB");
        let mut pipeline = Pipeline::with_workers(0)
            .gateway("CALSETA__HTTP__BODY_LIMIT", &mib(self.body_mib))
            .gateway("CALSETA__HTTP__BODY_MEMORY", &mib(self.memory_mib))
            .gateway("CALSETA__HTTP__SMALL_BODY_MEMORY", &mib(self.small_mib))
            .gateway("CALSETA__HTTP__BODY_MEMORY_WAIT", "50s")
            .gateway("CALSETA__HTTP__BODY_TIMEOUT", "60s")
            .start()
            .await?;
        let before = peak_mib(&mut pipeline)?;
        let slow = self.slow_ones(&pipeline.client).await?;
        let mut body = brute_force().to_string().into_bytes();
        let ordinary = Bytes::from(body.clone());
        body.resize(self.body_mib << 20, b' ');
        let body = Bytes::from(body);
        let mut large = JoinSet::new();
        for _ in 0..self.large {
            let (client, body) = (pipeline.client.clone(), body.clone());
            large.spawn(async move { client.post(body).await.map(|answer| answer.status) });
        }
        let (mut accepted, mut later, mut meanwhile) = (0, 0, 0);
        while !large.is_empty() {
            let answer = pipeline.client.post(ordinary.clone()).await?;
            ensure!(answer.status == 202, "an ordinary alert: {}", answer.json());
            meanwhile += 1;
            while let Some(status) = large.try_join_next() {
                match status?? {
                    202 => accepted += 1,
                    429 => later += 1,
                    status => anyhow::bail!("a large body was answered {status}"),
                }
            }
        }
        let peak = peak_mib(&mut pipeline)?;
        // Three times what bodies may take, a little a connection, and what the allocator holds back.
        let limit = before
            + HELD_BACK_MIB
            + 3 * (self.memory_mib + self.small_mib)
            + (self.slow + self.large) / 16;
        let said = format!(
            "{} slow, {} of {} MiB: {accepted} accepted, {later} told to come later, {meanwhile} ordinary ones \
             meanwhile; peak {peak} MiB, {before} MiB before, limit {limit} MiB",
            self.slow, self.large, self.body_mib
        );
        calseta_load::report::progress(&said);
        ensure!(peak <= limit, "{peak} MiB, the limit is {limit} MiB");
        ensure!(accepted > 0 && meanwhile > 0, "nobody was served");
        drop(slow);
        pipeline.finish()
    }

    /// Half of them stop in the head, half in the body.
    async fn slow_ones(&self, client: &Client) -> anyhow::Result<Vec<TcpStream>> {
        let key = client.key.as_deref().context("a client without a key")?;
        let start = format!(
            "POST {} HTTP/1.1\r\nhost: gateway\r\nx-api-key: {key}\r\n",
            client.path
        );
        let mut open = Vec::with_capacity(self.slow);
        for index in 0..self.slow {
            let mut stream = TcpStream::connect(client.address()).await?;
            stream.write_all(start.as_bytes()).await?;
            if index % 2 == 0 {
                stream.write_all(b"content-length: 100\r\n\r\n{").await?;
            }
            open.push(stream);
        }
        Ok(open)
    }
}

/// Peak memory of the gateway.
fn peak_mib(pipeline: &mut Pipeline) -> anyhow::Result<usize> {
    Ok(usize::try_from(pipeline.gateway()?.peak_kib()? / 1_024)?)
}
