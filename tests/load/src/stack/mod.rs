//! The real programs as child processes, with a vhost, a database, a key and a secret of their own.
//!
//! Nothing of the caller's environment reaches them. When it goes out of scope the programs are killed
//! by handle, then vhost and database are removed.

mod address;
mod launch;
mod options;
mod program;

use std::{path::Path, process::Command, time::Duration};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use crate::{
    client::Client,
    scratch::{Database, Vhost},
    settings::Settings,
    sign::Proof,
};

pub use options::Options;
pub use program::{Launch, Program, get};

use address::free_port;

/// How long a program may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);

/// One gateway, any number of workers, and what they share.
#[derive(Debug)]
pub struct Stack {
    /// Declared first, dropped first: programs end before what they use.
    gateway: Option<Program>,
    workers: Vec<Program>,
    /// The broker's part.
    pub vhost: Vhost,
    /// The part of Postgres.
    pub database: Database,
    options: Options,
    folder: TempDir,
    key: String,
    secret: String,
    http: u16,
}

impl Stack {
    /// Makes vhost, database, schema and key; starts nothing.
    ///
    /// # Errors
    /// When a server cannot be reached, or a command fails; says which.
    pub async fn create(settings: &Settings, options: Options) -> anyhow::Result<Self> {
        let database = Database::create(settings, &options.purpose).await?;
        let vhost = Vhost::create(settings, &options.purpose)?;
        let mut stack = Self {
            gateway: None,
            workers: Vec::new(),
            vhost,
            database,
            options,
            folder: tempfile::tempdir()?,
            key: String::new(),
            secret: "a secret of this stack alone".into(),
            http: free_port()?,
        };
        // The nearest .env upward is read: an empty one ends the search.
        std::fs::write(stack.folder.path().join(".env"), "")?;
        stack.command("worker", &["migrate"])?;
        let made = stack.command(
            "gateway",
            &[
                "keys",
                "create",
                "--name",
                "stack",
                "--scopes",
                "alerts:write,alerts:read,admin",
                "--format",
                "json",
            ],
        )?;
        let made: serde_json::Value =
            serde_json::from_str(&made).context("keys create printed no JSON")?;
        stack.key = made["key"]
            .as_str()
            .context("keys create printed no key")?
            .into();
        Ok(stack)
    }

    /// Starts the gateway and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready; with the end of its log.
    pub async fn start_gateway(&mut self) -> anyhow::Result<&mut Program> {
        let mut program = self.launch("gateway", "gateway", &self.options.gateway)?;
        program.ready(PATIENCE).await?;
        Ok(self.gateway.insert(program))
    }

    /// Starts one more worker; does not wait.
    ///
    /// # Errors
    /// When the binary cannot be run.
    pub fn launch_worker(&mut self) -> anyhow::Result<&mut Program> {
        let name = format!("worker-{}", self.workers.len());
        let program = self.launch("worker", &name, &self.options.worker)?;
        let index = self.workers.len();
        self.workers.push(program);
        Ok(&mut self.workers[index])
    }

    /// Starts one more worker and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready; with the end of its log.
    pub async fn start_worker(&mut self) -> anyhow::Result<&mut Program> {
        let worker = self.launch_worker()?;
        worker.ready(PATIENCE).await?;
        Ok(worker)
    }

    /// A client of the gateway that signs.
    ///
    /// # Errors
    /// Never, with a port that was free.
    pub fn client(&self) -> anyhow::Result<Client> {
        self.client_with(Proof::signature(&self.secret))
    }

    /// A client that shows the secret in a header, as Kibana does: it cannot sign.
    ///
    /// # Errors
    /// Never, with a port that was free.
    pub fn kibana(&self) -> anyhow::Result<Client> {
        self.client_with(Proof::SecretHeader(self.secret.clone()))
    }

    fn client_with(&self, proof: Proof) -> anyhow::Result<Client> {
        let uri = format!("http://127.0.0.1:{}", self.http).parse()?;
        Ok(Client::new(&uri, Some(self.key.clone()), proof))
    }

    /// The gateway.
    ///
    /// # Errors
    /// When it was not started.
    pub fn gateway(&mut self) -> anyhow::Result<&mut Program> {
        self.gateway.as_mut().context("the gateway was not started")
    }

    /// How many workers were started.
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// A worker, in the order they were started.
    ///
    /// # Errors
    /// When so many were not started.
    pub fn worker(&mut self, index: usize) -> anyhow::Result<&mut Program> {
        self.workers
            .get_mut(index)
            .context("no such worker was started")
    }

    /// Runs a command of a program to its end and returns what it printed.
    ///
    /// # Errors
    /// When it fails; with what it said.
    pub fn command(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self
            .prepare(program, arguments)
            .output()
            .with_context(|| format!("cannot run {}", self.binary(program).display()))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(
            output.status.success(),
            "{program} {arguments:?} failed: {errors}"
        );
        Ok(String::from_utf8_lossy(&output.stdout).into())
    }

    /// A command of a program, ready to be run in the folder and the environment of the stack.
    pub fn prepare(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary(program));
        command
            .args(arguments)
            .env_clear()
            .envs(self.environment(program))
            .current_dir(self.folder.path());
        command
    }

    /// Ends everything and removes what was made.
    ///
    /// # Errors
    /// When something is left.
    pub fn remove(&mut self) -> anyhow::Result<()> {
        self.gateway = None;
        self.workers.clear();
        let (vhost, database) = (self.vhost.remove(), self.database.remove());
        vhost.and(database)
    }

    /// The ends of all programs' logs, for a failure's report.
    pub fn logs(&self) -> String {
        let programs = self.gateway.iter().chain(&self.workers);
        programs.map(Program::log_end).collect()
    }

    /// Where the programs run and write their logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}
