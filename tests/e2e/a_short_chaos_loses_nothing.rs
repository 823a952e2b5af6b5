//! A few faults of several kinds within seconds, on servers of their own: nothing lost, nothing twice.
//!
//! `make chaos` is the long form, with every kind of fault; a broker that is young is not killed here, since
//! RabbitMQ 3.10 may find no leader for its queue afterwards.

use std::time::Duration;

use anyhow::ensure;
use harness::{
    binaries,
    chaos::{Chaos, Fault, Link},
    private, report,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_short_chaos_loses_nothing() -> anyhow::Result<()> {
    let servers = private("chaos", None).await?;
    let chaos = Chaos {
        seed: 5,
        length: Duration::from_secs(12),
        rate: 100.0,
        kinds: vec![
            Fault::WorkerKilled,
            Fault::GatewayKilled,
            Fault::WorkerStopped,
            Fault::PostgresCrashed,
            Fault::BrokerStopped,
            Fault::Cut(Link::WorkerBroker),
            Fault::Cut(Link::GatewayBroker),
            Fault::Cut(Link::Postgres),
        ],
        workers: 2,
        binaries: binaries()?,
    };
    let outcome = chaos.run(&servers).await?;
    report::progress(&outcome.text());
    ensure!(outcome.holds(), "a promise was broken: see above");
    ensure!(outcome.ledger.stored > 0, "nothing was stored at all");
    Ok(())
}
