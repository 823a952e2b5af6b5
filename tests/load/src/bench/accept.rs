//! The gateway alone: how many it accepts a second, what that costs, and how long a sender waits at
//! half of that rate. No worker runs, so the queue is full afterwards. Each request is proven as Kibana proves its own.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use time::OffsetDateTime;

use super::{
    disk::Probe,
    shares::{Mark, Servers, Shares},
};
use crate::{
    generate::Generator,
    latency::Latencies,
    process,
    report::{self, rate, us_each},
    send::{self, Bodies, Pace, Plan, Receipt},
    stack::Stack,
};

/// As many as five rule runs of a hundred alerts each, sent at once. The bare publisher, which this is compared with, has
/// 2,000 under way.
const CONNECTIONS: usize = 512;
const LONGEST: Duration = Duration::from_secs(15);
const HALF: Duration = Duration::from_secs(10);

/// What was measured.
#[derive(Debug)]
pub(super) struct Accepted {
    pub(super) per_second: f64,
    /// Accepted at full speed.
    pub(super) alerts: u64,
    pub(super) shares: Shares,
    /// At half of the rate.
    pub(super) latencies: Latencies,
    /// The longest that the disk let a sync wait meanwhile.
    pub(super) longest_sync: Duration,
    /// All of both runs.
    pub(super) receipts: Vec<Receipt>,
}

impl Accepted {
    /// Of the gateway, in microseconds an alert.
    pub(super) fn cpu_us(&self) -> f64 {
        us_each(self.shares.programs, self.alerts)
    }

    /// The same with the sender's own.
    pub(super) fn cpu_with_sender_us(&self) -> f64 {
        us_each(self.shares.programs + self.shares.sender, self.alerts)
    }
}

pub(super) async fn measure(
    stack: &mut Stack,
    servers: Servers,
    count: u64,
) -> anyhow::Result<Accepted> {
    let pid = stack.gateway()?.pid();
    report::progress("accepting, as fast as answers come, no worker");
    let (before, cpu) = (Mark::now(servers)?, process::cpu(pid)?);
    let mut full = run(stack, Pace::Closed, count, LONGEST).await?;
    let cpu = process::cpu(pid)?.saturating_sub(cpu);
    let shares = Shares::since(&before, &Mark::now(servers)?, cpu);
    let per_second = full.accepted_per_second();
    report::progress(&format!("accepting at half of {}/s", rate(per_second)));
    let probe = Probe::start(stack.folder())?;
    let pace = Pace::Open {
        rate: per_second / 2.0,
        burst: 1,
    };
    let half = run(stack, pace, count, HALF).await?;
    let alerts = full.accepted();
    full.receipts.extend(half.receipts);
    Ok(Accepted {
        per_second,
        alerts,
        shares,
        latencies: half.latencies,
        longest_sync: probe.longest()?,
        receipts: full.receipts,
    })
}

/// Fills the queue with `count` alerts, as fast as they are accepted.
pub(super) async fn fill(stack: &Stack, count: u64) -> anyhow::Result<Vec<Receipt>> {
    report::progress("filling the queue");
    Ok(run(stack, Pace::Closed, count, LONGEST * 4).await?.receipts)
}

/// Sends alerts that no other run sends.
pub(super) async fn run(
    stack: &Stack,
    pace: Pace,
    count: u64,
    limit: Duration,
) -> anyhow::Result<send::Tally> {
    let generator = Generator::fresh(OffsetDateTime::now_utc());
    let bodies = Arc::new(Bodies::Generated(generator));
    let plan = Plan {
        pace,
        connections: CONNECTIONS,
        count: Some(count),
        duration: Some(limit),
        quiet: false,
    };
    let tally = send::run(&plan, &stack.kibana()?, &bodies).await?;
    ensure!(
        tally.all_accepted(),
        "not every request was accepted:\n{}{}",
        tally.table(),
        stack.logs()
    );
    Ok(tally)
}
