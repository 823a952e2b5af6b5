//! A RabbitMQ and a Postgres that may be killed: those of a `SERVICES_DIR`, by `deploy/services.sh`.
//!
//! Never the servers that others use. What was started here is taken down when it goes out of scope, with
//! its data; a server is ended by its recorded pid, and comes back on the same port with the same data.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, ensure};

use crate::{report, settings::Settings};

const CONTROL: &str = "CALSETA_TEST_RABBITMQCTL";

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Server {
    /// The broker.
    RabbitMq,
    /// The database.
    Postgres,
}

/// How a server is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// SIGKILL: no chance to write anything.
    Kill,
    /// SIGQUIT, Postgres' immediate stop: it recovers at its next start.
    Crash,
    /// SIGINT for Postgres, its fast stop, SIGTERM for RabbitMQ: sessions end, data are written.
    Stop,
}

/// The servers of one folder.
#[derive(Debug)]
pub struct Servers {
    script: PathBuf,
    folder: PathBuf,
    /// Not started here: neither taken down here.
    borrowed: bool,
    shared: Option<Server>,
}

impl Servers {
    /// Those that run in `folder`, a `SERVICES_DIR` of the script `services.sh`. They stay when this ends.
    pub fn running(script: &Path, folder: &Path) -> Self {
        Self {
            script: script.into(),
            folder: folder.into(),
            borrowed: true,
            shared: None,
        }
    }

    /// Starts both, or all but the `shared` one, which stays that of the caller's environment.
    ///
    /// # Errors
    /// When one cannot be started.
    pub async fn start(
        script: &Path,
        folder: &Path,
        shared: Option<Server>,
    ) -> anyhow::Result<Self> {
        let servers = Self {
            script: script.into(),
            folder: folder.into(),
            borrowed: false,
            shared,
        };
        servers.up().await?;
        Ok(servers)
    }

    /// Starts what does not run, and waits until it answers.
    ///
    /// # Errors
    /// When it does not; with what the script said.
    pub async fn up(&self) -> anyhow::Result<()> {
        self.call(&["up"]).await.map(|_| ())
    }

    /// Ends one, and waits until it is gone.
    ///
    /// # Errors
    /// When it is not ours to end, or does not end.
    pub async fn end(&self, server: Server, end: End) -> anyhow::Result<()> {
        let name = match server {
            Server::RabbitMq => "rabbitmq",
            Server::Postgres => "postgres",
        };
        let signal = match end {
            End::Kill => "KILL",
            End::Crash => "QUIT",
            End::Stop if server == Server::RabbitMq => "TERM",
            End::Stop => "INT",
        };
        self.call(&["kill", name, signal]).await.map(|_| ())
    }

    /// Runs `rabbitmqctl` against the broker, and returns what it printed.
    ///
    /// # Errors
    /// When it fails; with what it said.
    pub async fn control_broker(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let mut command = tokio::process::Command::new(self.folder.join("rabbitmqctl"));
        said(command.args(arguments)).await
    }

    /// Where they are.
    ///
    /// # Errors
    /// When they are not up.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let file = self.folder.join("services.env");
        let mut text = fs::read_to_string(&file)
            .with_context(|| format!("no servers: cannot read {}", file.display()))?;
        if self.shared == Some(Server::RabbitMq) {
            // Of a broker that it did not start, the script knows only the URL.
            let caller = Settings::of_process();
            text = format!("{text}{CONTROL}={}\n", caller.required(CONTROL)?);
        }
        Ok(Settings::of_lines(&text))
    }

    async fn call(&self, arguments: &[&str]) -> anyhow::Result<String> {
        said(self.command().args(arguments)).await
    }

    fn command(&self) -> tokio::process::Command {
        let mut command = tokio::process::Command::new(&self.script);
        command.env("SERVICES_DIR", &self.folder);
        // What the environment names would be used instead of private ones.
        if self.shared != Some(Server::RabbitMq) {
            command.env_remove("AMQP_URL");
        }
        if self.shared != Some(Server::Postgres) {
            command.env_remove("DATABASE_URL");
        }
        command
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        if self.borrowed {
            return;
        }
        let mut command = self.command().into_std();
        let ended = command.arg("down").stdin(Stdio::null()).output();
        if !ended.is_ok_and(|output| output.status.success()) {
            report::progress(&format!("servers were left in {}", self.folder.display()));
        }
    }
}

/// Runs it and returns what it printed; what it said besides is shown only when it fails.
async fn said(command: &mut tokio::process::Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output
        .await
        .with_context(|| format!("cannot run {}", command.as_std().get_program().display()))?;
    ensure!(
        output.status.success(),
        "{:?} failed: {}",
        command.as_std(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into())
}
