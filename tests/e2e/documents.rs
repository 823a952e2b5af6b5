//! Documents and runs that several promises use.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use harness::{
    client::Client,
    generate::Generator,
    send::{self, Bodies, Pace, Plan, Tally},
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::task::JoinHandle;

/// The mission's own example.
pub(crate) fn brute_force() -> Value {
    json!({
        "@timestamp": "2025-01-15T10:28:00Z",
        "signal": {"rule": {
            "name": "Brute Force Login Attempts",
            "severity": "high",
            "threat": [{
                "framework": "MITRE ATT&CK",
                "tactic": {"id": "TA0006", "name": "Credential Access"},
                "technique": [{"id": "T1110", "name": "Brute Force"}],
            }],
        }},
        "source": {"ip": "203.0.113.42"},
        "user": {"name": "admin"},
        "event": {"action": "authentication_failed", "outcome": "failure"},
    })
}

/// An alert of Kibana 8 with this id.
pub(crate) fn alert(id: &str) -> Value {
    json!({
        "@timestamp": "2026-03-02T08:14:27.310Z",
        "kibana.alert.uuid": id,
        "kibana.alert.rule.uuid": "7c1ad0f6-52c7-4b1e-9a55-2f0f5f4a1c01",
        "kibana.alert.rule.name": "A Rule of the Tests",
        "kibana.alert.severity": "low",
        "source.ip": "198.51.100.7",
    })
}

/// Sends `count` distinct alerts over `connections`, as fast as answers come.
pub(crate) async fn send_alerts(
    client: &Client,
    count: u64,
    connections: usize,
) -> anyhow::Result<Tally> {
    send_at(client, Pace::Closed, count, connections).await
}

/// Sends `count` distinct alerts at a pace.
pub(crate) async fn send_at(
    client: &Client,
    pace: Pace,
    count: u64,
    connections: usize,
) -> anyhow::Result<Tally> {
    let plan = Plan {
        pace,
        connections,
        count: Some(count),
        duration: Some(Duration::from_secs(120)),
        quiet: true,
    };
    let bodies = Bodies::Generated(Generator::new(1, OffsetDateTime::now_utc()));
    send::run(&plan, client, &Arc::new(bodies)).await
}

/// Alerts that are sent at a pace until it is ended.
pub(crate) struct Sending {
    ended: Arc<AtomicBool>,
    task: JoinHandle<anyhow::Result<Tally>>,
}

impl Sending {
    /// Starts to send.
    pub(crate) fn start(client: &Client, rate: f64) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let (client, end) = (client.clone(), ended.clone());
        let pace = Pace::Open { rate, burst: 1 };
        let task = tokio::spawn(async move {
            let mut total = Tally::new()?;
            while !end.load(Ordering::Relaxed) {
                let run = send_at(&client, pace, 200, 64).await?;
                total.elapsed += run.elapsed;
                total.add(run)?;
            }
            Ok(total)
        });
        Self { ended, task }
    }

    /// Ends it, and returns what became of all.
    pub(crate) async fn end(self) -> anyhow::Result<Tally> {
        self.ended.store(true, Ordering::Relaxed);
        self.task.await?
    }
}
