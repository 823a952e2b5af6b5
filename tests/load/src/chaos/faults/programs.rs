//! Faults of gateway and workers, and the supervisor that starts again what ended by itself.

use std::time::Duration;

use anyhow::ensure;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{Record, Scene, next};
use crate::{
    chaos::{
        fault::Fault,
        plan::{Plan, Strike},
    },
    stack::{Program, Stack},
};

/// The grace periods of both programs end before.
const GRACE: Duration = Duration::from_secs(35);
/// How long everything may take to be ready once nothing is broken.
const PATIENCE: Duration = Duration::from_secs(90);
const LOOK: Duration = Duration::from_millis(200);

/// Strikes programs until the act is over.
pub(super) async fn act(
    stack: &mut Stack,
    plan: &mut Plan,
    record: &mut Record,
    mut over: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    while let Some(one) = next(plan, &mut over).await {
        revive(stack, record)?;
        *record.kills.entry(one.fault.name()).or_default() += 1;
        strike(stack, &one, record).await?;
    }
    Ok(())
}

async fn strike(stack: &mut Stack, strike: &Strike, record: &mut Record) -> anyhow::Result<()> {
    let index = strike.which % stack.workers().max(1);
    match strike.fault {
        Fault::WorkerKilled => {
            stack.worker(index)?.kill()?;
            sleep(strike.lasts).await;
            stack.relaunch_worker(index)
        }
        Fault::WorkerStopped => {
            stop(stack.worker(index)?, record).await?;
            sleep(strike.lasts).await;
            stack.relaunch_worker(index)
        }
        Fault::WorkerFrozen => freeze(stack.worker(index)?, strike.lasts).await,
        Fault::GatewayKilled => {
            stack.gateway()?.kill()?;
            sleep(strike.lasts).await;
            stack.relaunch_gateway()
        }
        Fault::GatewayStopped => {
            stop(stack.gateway()?, record).await?;
            sleep(strike.lasts).await;
            stack.relaunch_gateway()
        }
        Fault::GatewayFrozen => freeze(stack.gateway()?, strike.lasts).await,
        _ => Ok(()),
    }
}

/// SIGTERM; one that does not end in its grace period has broken a promise, and is killed.
async fn stop(program: &mut Program, record: &mut Record) -> anyhow::Result<()> {
    if let Err(error) = program.stop(GRACE).await {
        record.broken.push(format!("{error:#}"));
        program.kill()?;
    }
    Ok(())
}

async fn freeze(program: &mut Program, lasts: Duration) -> anyhow::Result<()> {
    program.signal("STOP")?;
    sleep(lasts).await;
    program.signal("CONT")
}

/// Starts again what ended by itself, as a supervisor does, and counts it.
pub(in crate::chaos) fn revive(stack: &mut Stack, record: &mut Record) -> anyhow::Result<()> {
    for index in 0..stack.workers() {
        if stack.worker(index)?.ended()? {
            note(stack.worker(index)?, record);
            stack.relaunch_worker(index)?;
        }
    }
    if stack.gateway()?.ended()? {
        note(stack.gateway()?, record);
        stack.relaunch_gateway()?;
    }
    Ok(())
}

fn note(program: &Program, record: &mut Record) {
    let times = record.ended.entry(program.name().to_owned()).or_default();
    *times += 1;
}

/// Waits until every program is ready.
pub(in crate::chaos) async fn rest(
    scene: &mut Scene<'_>,
    record: &mut Record,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        revive(scene.stack, record)?;
        if ready(scene.stack).await? {
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "not ready {PATIENCE:?} after the last fault\n{}",
            scene.stack.logs()
        );
        sleep(LOOK).await;
    }
}

async fn ready(stack: &mut Stack) -> anyhow::Result<bool> {
    for index in 0..stack.workers() {
        if !is_ready(stack.worker(index)?).await {
            return Ok(false);
        }
    }
    Ok(is_ready(stack.gateway()?).await)
}

async fn is_ready(program: &Program) -> bool {
    let answer = program.admin("/readyz").await;
    answer.is_ok_and(|(status, _)| status == 200)
}
