//! Faults of the network: one proxy for each link, disturbed for a while.

use tokio::time::sleep;

use crate::{
    chaos::{
        fault::Link,
        network::{ChaosProxy, Network},
        plan::Strike,
    },
    settings::Settings,
};

/// The proxies between the programs and their servers.
#[derive(Debug)]
pub(in crate::chaos) struct Links {
    pub(in crate::chaos) gateway_broker: ChaosProxy,
    pub(in crate::chaos) worker_broker: ChaosProxy,
    pub(in crate::chaos) postgres: ChaosProxy,
}

impl Links {
    /// Puts a proxy before each.
    pub(in crate::chaos) async fn start(settings: &Settings) -> anyhow::Result<Self> {
        let broker = settings.broker_address()?;
        Ok(Self {
            gateway_broker: ChaosProxy::start(broker.clone()).await?,
            worker_broker: ChaosProxy::start(broker).await?,
            postgres: ChaosProxy::start(settings.postgres_address()?).await?,
        })
    }

    pub(super) async fn strike(&self, strike: &Strike) {
        let Some((link, network)) = strike.fault.network() else {
            return;
        };
        let proxy = match link {
            Link::GatewayBroker => &self.gateway_broker,
            Link::WorkerBroker => &self.worker_broker,
            Link::Postgres => &self.postgres,
        };
        proxy.set(network);
        sleep(strike.lasts).await;
        proxy.set(Network::Up);
    }
}
