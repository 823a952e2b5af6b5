//! Lets faults strike, and ends them: programs, servers and links at once, each one fault at a time.

mod links;
mod programs;
mod servers;

use std::{collections::BTreeMap, time::Duration};

use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use super::{
    fault::{Fault, Target},
    plan::{Plan, Strike},
};
use crate::{report, scratch::Vhost, servers::Servers, stack::Stack};

pub(super) use links::Links;
pub(super) use programs::{rest, revive};

/// All that faults can strike.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) stack: &'a mut Stack,
    pub(super) servers: &'a Servers,
    pub(super) links: &'a Links,
}

/// What happened so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// Faults by name.
    pub(super) kills: BTreeMap<&'static str, u64>,
    /// Programs that ended though nothing ended them, by name.
    pub(super) ended: BTreeMap<String, u64>,
    /// Promises that were broken on the way.
    pub(super) broken: Vec<String>,
}

/// One plan for each target.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    programs: Plan,
    servers: Plan,
    links: Plan,
}

impl Plans {
    pub(super) fn new(seed: u64, kinds: &[Fault]) -> Self {
        let of = |target| Plan::new(seed, target, kinds);
        Self {
            programs: of(Target::Programs),
            servers: of(Target::Servers),
            links: of(Target::Links),
        }
    }
}

/// Strikes everything for `length`, and until the last fault has ended.
pub(super) async fn act(
    scene: &mut Scene<'_>,
    plans: &mut Plans,
    record: &mut Record,
    length: Duration,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + length;
    let (end, _) = watch::channel(false);
    let mut struck = [Vec::new(), Vec::new()];
    let [on_servers, on_links] = &mut struck;
    let database = scene.stack.database.config();
    let programs = programs::act(scene.stack, &mut plans.programs, record, end.subscribe());
    let servers = async {
        // A server takes its time to start: meanwhile the others are struck again.
        while let Some(strike) = due(&mut plans.servers, deadline).await {
            on_servers.push(strike.fault);
            servers::strike(scene.servers, &database, &strike).await?;
        }
        end.send_replace(true);
        Ok(())
    };
    let links = async {
        let mut over = end.subscribe();
        while let Some(strike) = next(&mut plans.links, &mut over).await {
            on_links.push(strike.fault);
            scene.links.strike(&strike).await;
        }
        Ok(())
    };
    tokio::try_join!(programs, servers, links)?;
    for fault in struck.into_iter().flatten() {
        *record.kills.entry(fault.name()).or_default() += 1;
    }
    revive(scene.stack, record)
}

/// The next fault, when its time has come before the act is `over`.
async fn next(plan: &mut Plan, over: &mut watch::Receiver<bool>) -> Option<Strike> {
    let strike = plan.next();
    let after = strike.as_ref().map_or(Duration::MAX, |strike| strike.after);
    if timeout(after, over.wait_for(|over| *over)).await.is_ok() {
        return None;
    }
    strike.inspect(tell)
}

/// The next fault, when its time comes before the deadline; waits for the one or the other.
async fn due(plan: &mut Plan, deadline: Instant) -> Option<Strike> {
    let strike = plan.next();
    let due = strike.as_ref().map(|strike| Instant::now() + strike.after);
    let due = due.filter(|due| *due < deadline);
    tokio::time::sleep_until(due.unwrap_or(deadline)).await;
    due.and(strike).inspect(tell)
}

fn tell(strike: &Strike) {
    report::progress(&format!("        {}", strike.fault.name()));
}

/// How many payloads lie in all queues of the vhost, delivered ones included.
pub(super) async fn queued(servers: &Servers, vhost: &Vhost) -> anyhow::Result<u64> {
    let listed = ["list_queues", "--silent", "-p", vhost.name(), "messages"];
    let text = servers.control_broker(&listed).await?;
    Ok(text
        .lines()
        .filter_map(|line| line.trim().parse::<u64>().ok())
        .sum())
}
