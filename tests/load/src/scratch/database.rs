//! A database made and dropped by statement; whoever is still connected to it is thrown out.

use anyhow::{Context, ensure};
use tokio_postgres::Config;

use crate::{database::connect, report, settings::Settings};

/// One empty database on the server of `DATABASE_URL`.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    server: Config,
    removed: bool,
}

impl Database {
    /// Makes it.
    ///
    /// # Errors
    /// When `DATABASE_URL` is missing, or its user may not make databases.
    pub async fn create(settings: &Settings, purpose: &str) -> anyhow::Result<Self> {
        let server = settings.database()?;
        let name = super::name(purpose);
        let url = settings.required("DATABASE_URL")?;
        let (address, query) = url.split_once('?').unwrap_or((url, ""));
        let (address, _) = address
            .rsplit_once('/')
            .context("DATABASE_URL names no database")?;
        let mark = if query.is_empty() { "" } else { "?" };
        connect(&server)
            .await?
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await
            .with_context(|| format!("cannot make database {name}"))?;
        Ok(Self {
            url: format!("{address}/{name}{mark}{query}"),
            name,
            server,
            removed: false,
        })
    }

    /// `DATABASE_URL` with this database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How to connect to it.
    pub fn config(&self) -> Config {
        let mut config = self.server.clone();
        config.dbname(&self.name);
        config
    }

    /// Drops it, and asks whether it is gone.
    ///
    /// # Errors
    /// When it is still there.
    pub fn remove(&mut self) -> anyhow::Result<()> {
        if self.removed {
            return Ok(());
        }
        // A thread with a runtime of its own: whoever drops this may be inside of another.
        let (server, name) = (self.server.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?
                .block_on(drop_database(&server, &name))
        });
        dropping
            .join()
            .map_err(|_| anyhow::anyhow!("dropping the database panicked"))??;
        self.removed = true;
        Ok(())
    }
}

async fn drop_database(server: &Config, name: &str) -> anyhow::Result<()> {
    let client = connect(server).await?;
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        .await?;
    let left = client
        .query("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
        .await?;
    ensure!(left.is_empty(), "database {name} is still there");
    Ok(())
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            report::progress(&format!(
                "database {} was left behind: {error:#}",
                self.name
            ));
        }
    }
}
