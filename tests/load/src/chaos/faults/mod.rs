//! Lets faults strike, and ends them. Faults of one round run at once, each on its own target.

mod links;
mod programs;
mod servers;

use std::collections::BTreeMap;

use tokio::time::sleep;

use super::{fault::Target, plan::Round};
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

impl Record {
    /// How many faults there were.
    pub(super) fn faults(&self) -> u64 {
        self.kills.values().sum()
    }
}

/// One round, to its end. Programs that ended by themselves are started again.
pub(super) async fn strike(
    scene: &mut Scene<'_>,
    round: &Round,
    record: &mut Record,
) -> anyhow::Result<()> {
    let names: Vec<_> = round.strikes.iter().map(|one| one.fault.name()).collect();
    report::progress(&format!("        {}", names.join(", ")));
    for name in names {
        *record.kills.entry(name).or_default() += 1;
    }
    let of = |target| {
        let strikes = &round.strikes;
        strikes.iter().find(|one| one.fault.target() == target)
    };
    let database = scene.stack.database.config();
    let programs = async {
        let Some(strike) = of(Target::Programs) else {
            return Ok(());
        };
        sleep(strike.after).await;
        programs::strike(scene.stack, strike, record).await
    };
    let servers = async {
        let Some(strike) = of(Target::Servers) else {
            return Ok(());
        };
        sleep(strike.after).await;
        servers::strike(scene.servers, &database, strike).await
    };
    let links = async {
        if let Some(strike) = of(Target::Links) {
            sleep(strike.after).await;
            scene.links.strike(strike).await;
        }
        Ok(())
    };
    tokio::try_join!(programs, servers, links)?;
    revive(scene.stack, record)
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
