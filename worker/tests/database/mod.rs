//! A Postgres database of a test's own, with the schema in it, dropped when the test ends, also by a panic.
//!
//! The server is the one that DATABASE_URL names (`make services`); without it a test fails and says so.
//! Nothing waits for a fixed time: `eventually` looks again until a deadline.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Context, anyhow};
use calseta_shared::config::Environment;
use calseta_worker::{
    config::{VARIABLES, WorkerConfig},
    service,
};
use deadpool_postgres::Pool;
use tokio_postgres::Config;
use tokio_postgres_rustls::MakeRustlsConnect;
use uuid::Uuid;

/// A migrated database.
pub(crate) struct Database {
    /// What the worker's configuration is, with this database's URL.
    pub(crate) config: WorkerConfig,
    /// Connections to it.
    pub(crate) pool: Pool,
    /// For programs that the test starts.
    pub(crate) url: String,
    server: Config,
    name: String,
}

impl Database {
    /// Makes it. Fails with what to do when there is no server.
    pub(crate) async fn create() -> anyhow::Result<Self> {
        let environment = Environment::of_process(VARIABLES);
        let server_url = environment
            .get("DATABASE_URL")
            .context("DATABASE_URL is not set: run `make services` and set it from services.env")?
            .to_owned();
        let name = format!("test_{}", Uuid::now_v7().simple());
        let server: Config = server_url.parse()?;
        execute(&server, &format!("CREATE DATABASE {name}")).await?;
        let url = with_database(&server_url, &name)?;
        let environment = Environment::of(VARIABLES, [("DATABASE_URL", url.as_str())]);
        let config = WorkerConfig::load(None, &environment)?;
        let pool = config.database.pool("test")?;
        let database = Self {
            config,
            pool,
            url,
            server,
            name,
        };
        service::migrate(&database.config).await?;
        Ok(database)
    }

    /// The first column of the only row.
    pub(crate) async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(
        &self,
        query: &str,
    ) -> anyhow::Result<T> {
        Ok(self.pool.get().await?.query_one(query, &[]).await?.get(0))
    }

    /// Runs statements.
    pub(crate) async fn run(&self, statements: &str) -> anyhow::Result<()> {
        Ok(self.pool.get().await?.batch_execute(statements).await?)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.pool.close();
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: a runtime cannot be entered from within another.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
            runtime.block_on(execute(&server, &drop))
        });
        match dropping.join() {
            Ok(Ok(())) => {}
            failed if std::thread::panicking() => drop(failed),
            failed => panic!("the test's database was not dropped: {failed:?}"),
        }
    }
}

/// Looks until it is there, for at most `deadline`.
pub(crate) async fn eventually<T, F: Future<Output = anyhow::Result<Option<T>>>>(
    deadline: Duration,
    mut look: impl FnMut() -> F,
) -> anyhow::Result<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= end {
            return Err(anyhow!("it did not happen within {deadline:?}"));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn execute(server: &Config, statement: &str) -> anyhow::Result<()> {
    let tls = MakeRustlsConnect::new(calseta_shared::tls::client());
    let (client, connection) = server.connect(tls).await?;
    let driver = tokio::spawn(connection);
    let outcome = client.batch_execute(statement).await;
    drop(client);
    driver.await??;
    Ok(outcome?)
}

/// The URL with another path.
fn with_database(url: &str, name: &str) -> anyhow::Result<String> {
    let authority = url.find("://").context("DATABASE_URL is no URL")? + 3;
    let path = url[authority..].find('/').map(|at| authority + at);
    let path = path.context("DATABASE_URL names no database")?;
    let query = url[path..].find('?').map_or("", |at| &url[path + at..]);
    Ok(format!("{}/{name}{query}", &url[..path]))
}
