//! Every kind of fault: what it strikes, how long it lasts, and what it is called in reports.
//!
//! A fault always ends. Two that strike the same part never run at once.

use std::time::Duration;

use super::network::Network;

/// What a fault strikes; one fault of each at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Gateway and workers.
    Programs,
    /// Broker and Postgres.
    Servers,
    /// What lies between them.
    Links,
}

/// A connection that can be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Gateway to broker.
    GatewayBroker,
    /// Workers to broker.
    WorkerBroker,
    /// Both programs to Postgres.
    Postgres,
}

/// One kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL of a worker, which is started again.
    WorkerKilled,
    /// SIGTERM of a worker, which is started again.
    WorkerStopped,
    /// SIGSTOP of a worker, and SIGCONT.
    WorkerFrozen,
    /// SIGKILL of the gateway, which is started again.
    GatewayKilled,
    /// SIGTERM of the gateway, which is started again.
    GatewayStopped,
    /// SIGSTOP of the gateway, and SIGCONT.
    GatewayFrozen,
    /// SIGKILL of the broker's node.
    BrokerKilled,
    /// The broker's application stops while its node goes on.
    BrokerStopped,
    /// The broker has no memory left, and blocks whoever publishes.
    BrokerAlarm,
    /// SIGKILL of Postgres.
    PostgresKilled,
    /// Immediate stop of Postgres, and recovery.
    PostgresCrashed,
    /// Fast stop of Postgres.
    PostgresRestarted,
    /// Every session of Postgres is terminated.
    SessionsEnded,
    /// The network is cut, swallows everything, or is slow.
    Cut(Link),
    /// Nothing arrives, nothing ends.
    Blackhole(Link),
    /// Everything arrives late.
    Slow(Link),
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 22] = [
        Self::WorkerKilled,
        Self::WorkerStopped,
        Self::WorkerFrozen,
        Self::GatewayKilled,
        Self::GatewayStopped,
        Self::GatewayFrozen,
        Self::BrokerKilled,
        Self::BrokerStopped,
        Self::BrokerAlarm,
        Self::PostgresKilled,
        Self::PostgresCrashed,
        Self::PostgresRestarted,
        Self::SessionsEnded,
        Self::Cut(Link::GatewayBroker),
        Self::Cut(Link::WorkerBroker),
        Self::Cut(Link::Postgres),
        Self::Blackhole(Link::GatewayBroker),
        Self::Blackhole(Link::WorkerBroker),
        Self::Blackhole(Link::Postgres),
        Self::Slow(Link::GatewayBroker),
        Self::Slow(Link::WorkerBroker),
        Self::Slow(Link::Postgres),
    ];

    /// What it strikes.
    pub fn target(self) -> Target {
        match self {
            Self::WorkerKilled
            | Self::WorkerStopped
            | Self::WorkerFrozen
            | Self::GatewayKilled
            | Self::GatewayStopped
            | Self::GatewayFrozen => Target::Programs,
            Self::BrokerKilled
            | Self::BrokerStopped
            | Self::BrokerAlarm
            | Self::PostgresKilled
            | Self::PostgresCrashed
            | Self::PostgresRestarted
            | Self::SessionsEnded => Target::Servers,
            Self::Cut(_) | Self::Blackhole(_) | Self::Slow(_) => Target::Links,
        }
    }

    /// The shortest and the longest it lasts. Servers and programs take their time to start on top of it.
    pub fn lasts(self) -> [Duration; 2] {
        let milliseconds = match self {
            Self::SessionsEnded => [0, 0],
            Self::WorkerFrozen | Self::GatewayFrozen => [500, 5_000],
            Self::BrokerAlarm | Self::Cut(_) | Self::Slow(_) => [500, 4_000],
            // Now and then longer than the 10 s for which a confirm is waited.
            Self::Blackhole(_) => [1_000, 12_000],
            _ => [0, 2_000],
        };
        milliseconds.map(Duration::from_millis)
    }

    /// What the network is like meanwhile.
    pub fn network(self) -> Option<(Link, Network)> {
        match self {
            Self::Cut(link) => Some((link, Network::Broken)),
            Self::Blackhole(link) => Some((link, Network::Blackhole)),
            Self::Slow(link) => Some((link, Network::Slow(Duration::from_millis(100)))),
            _ => None,
        }
    }

    /// Its name in reports and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::WorkerKilled => "worker_killed",
            Self::WorkerStopped => "worker_stopped",
            Self::WorkerFrozen => "worker_frozen",
            Self::GatewayKilled => "gateway_killed",
            Self::GatewayStopped => "gateway_stopped",
            Self::GatewayFrozen => "gateway_frozen",
            Self::BrokerKilled => "broker_killed",
            Self::BrokerStopped => "broker_stopped",
            Self::BrokerAlarm => "broker_memory_alarm",
            Self::PostgresKilled => "postgres_killed",
            Self::PostgresCrashed => "postgres_crashed",
            Self::PostgresRestarted => "postgres_restarted",
            Self::SessionsEnded => "postgres_sessions_ended",
            Self::Cut(Link::GatewayBroker) => "gateway_broker_cut",
            Self::Cut(Link::WorkerBroker) => "worker_broker_cut",
            Self::Cut(Link::Postgres) => "postgres_cut",
            Self::Blackhole(Link::GatewayBroker) => "gateway_broker_blackhole",
            Self::Blackhole(Link::WorkerBroker) => "worker_broker_blackhole",
            Self::Blackhole(Link::Postgres) => "postgres_blackhole",
            Self::Slow(Link::GatewayBroker) => "gateway_broker_slow",
            Self::Slow(Link::WorkerBroker) => "worker_broker_slow",
            Self::Slow(Link::Postgres) => "postgres_slow",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_fault_has_a_name_of_its_own_and_an_end() {
        let names: HashSet<_> = Fault::ALL.map(Fault::name).into();
        assert_eq!(names.len(), Fault::ALL.len());
        for fault in Fault::ALL {
            let [shortest, longest] = fault.lasts();
            assert!(shortest <= longest && longest < Duration::from_secs(30));
            assert_eq!(fault.network().is_some(), fault.target() == Target::Links);
        }
    }
}
