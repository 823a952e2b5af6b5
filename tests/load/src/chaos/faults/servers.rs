//! Faults of broker and Postgres. Each ends with both of them up, on the same ports, with their data.

use tokio::time::sleep;
use tokio_postgres::Config;

use crate::{
    chaos::{fault::Fault, plan::Strike},
    database,
    servers::{End, Server, Servers},
};

/// What the servers are configured with, and what no broker can live on.
const WATERMARK: &str = "0.4";
const NO_MEMORY: &str = "0.0001";
const END_SESSIONS: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

pub(super) async fn strike(
    servers: &Servers,
    database: &Config,
    strike: &Strike,
) -> anyhow::Result<()> {
    let end = match strike.fault {
        Fault::BrokerKilled => (Server::RabbitMq, End::Kill),
        Fault::PostgresKilled => (Server::Postgres, End::Kill),
        Fault::PostgresCrashed => (Server::Postgres, End::Crash),
        Fault::PostgresRestarted => (Server::Postgres, End::Stop),
        Fault::BrokerStopped => {
            servers.control_broker(&["stop_app"]).await?;
            sleep(strike.lasts).await;
            servers.control_broker(&["start_app"]).await?;
            return Ok(());
        }
        Fault::BrokerAlarm => {
            watermark(servers, NO_MEMORY).await?;
            sleep(strike.lasts).await;
            return watermark(servers, WATERMARK).await;
        }
        Fault::SessionsEnded => {
            let client = database::connect(database).await?;
            client.query(END_SESSIONS, &[]).await?;
            return Ok(());
        }
        _ => return Ok(()),
    };
    servers.end(end.0, end.1).await?;
    sleep(strike.lasts).await;
    servers.up().await
}

async fn watermark(servers: &Servers, fraction: &str) -> anyhow::Result<()> {
    let set = ["set_vm_memory_high_watermark", fraction];
    servers.control_broker(&set).await?;
    Ok(())
}
