//! One connection to Postgres, for checking and for scratch work.
//!
//! The connection is driven by a task that ends with its client; its failure shows at the next query.

use anyhow::Context;
use tokio_postgres::{Client, Config, NoTls};

/// Connects.
///
/// # Errors
/// When Postgres cannot be reached. The URL is never part of the text.
pub async fn connect(config: &Config) -> anyhow::Result<Client> {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .context("Postgres cannot be reached at DATABASE_URL")?;
    tokio::spawn(connection);
    Ok(client)
}
