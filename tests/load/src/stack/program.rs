//! One child process: started, waited for, stopped or killed by its handle, and its log kept.
//!
//! Signals go to the pid of a child that was not waited for yet, so never to a stranger.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Uri, header::HOST};
use tokio::time::{Instant, sleep};

use crate::{connections::Connections, process};

const LOOK: Duration = Duration::from_millis(50);

/// What a program needs to start.
#[derive(Debug)]
pub struct Launch<'a> {
    /// What it is called here.
    pub name: &'a str,
    /// The binary; its argument is `run`.
    pub binary: &'a Path,
    /// Where it runs.
    pub folder: &'a Path,
    /// All of its environment.
    pub environment: Vec<(String, String)>,
    /// Its admin port.
    pub admin: u16,
}

/// A running program, killed when it goes out of scope.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    admin: u16,
    log: PathBuf,
}

impl Program {
    /// Starts it; does not wait.
    ///
    /// # Errors
    /// When the binary cannot be run.
    pub fn start(launch: &Launch<'_>) -> anyhow::Result<Self> {
        let log = launch.folder.join(format!("{}.log", launch.name));
        // A program that is started again goes on in the log of the one before.
        let file = File::options().create(true).append(true).open(&log)?;
        let child = Command::new(launch.binary)
            .arg("run")
            .env_clear()
            .envs(launch.environment.iter().cloned())
            .current_dir(launch.folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("cannot run {}", launch.binary.display()))?;
        Ok(Self {
            name: launch.name.into(),
            child,
            admin: launch.admin,
            log,
        })
    }

    /// Waits until `/readyz` says 200, and no part is stood in for by another: a gateway that only
    /// spools is ready, but whoever starts one wants its broker.
    ///
    /// # Errors
    /// When it ends before, or is not ready in time; with the end of its log.
    pub async fn ready(&mut self, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.admin("/readyz").await;
            if let Ok((200, report)) = &answer
                && !String::from_utf8_lossy(report).contains("stands in")
            {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at start: {status}\n{}", self.name, self.log_end());
            }
            ensure!(
                Instant::now() < deadline,
                "{} is not ready: {answer:?}\n{}",
                self.name,
                self.log_end()
            );
            sleep(LOOK).await;
        }
    }

    /// Status and body of a path of its admin port.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn admin(&self, path: &str) -> anyhow::Result<(u16, Bytes)> {
        get(&format!("http://127.0.0.1:{}{path}", self.admin)).await
    }

    /// Whether it has ended, whoever ended it.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// What it is called here.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of one of its metrics, without labels.
    ///
    /// # Errors
    /// When it does not answer, or has no such metric.
    pub async fn metric(&self, name: &str) -> anyhow::Result<f64> {
        let (_, metrics) = self.admin("/metrics").await?;
        let metrics = String::from_utf8_lossy(&metrics);
        let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
        let value = lines.find(|(found, _)| *found == name);
        let (_, value) = value.with_context(|| format!("{} has no {name}", self.name))?;
        Ok(value.parse()?)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its peak memory, in KiB.
    ///
    /// # Errors
    /// When it has ended.
    pub fn peak_kib(&self) -> anyhow::Result<u32> {
        process::peak_kib(self.pid())
    }

    /// SIGKILL, and waits for its end.
    ///
    /// # Errors
    /// When it ended before.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        ensure!(
            self.child.try_wait()?.is_none(),
            "{} ended before it was killed\n{}",
            self.name,
            self.log_end()
        );
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends it a signal by name: `TERM`, `STOP`, `CONT`.
    ///
    /// # Errors
    /// When it ended before.
    pub fn signal(&mut self, name: &str) -> anyhow::Result<()> {
        ensure!(
            self.child.try_wait()?.is_none(),
            "{} ended by itself\n{}",
            self.name,
            self.log_end()
        );
        let status = Command::new("kill")
            .args([format!("-{name}"), self.pid().to_string()])
            .status()?;
        ensure!(status.success(), "cannot send {name} to {}", self.name);
        Ok(())
    }

    /// SIGTERM, and waits until it has ended.
    ///
    /// # Errors
    /// When it is still there after `patience`.
    pub async fn stop(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        self.signal("TERM")?;
        let deadline = Instant::now() + patience;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            ensure!(
                Instant::now() < deadline,
                "{} did not stop in {patience:?}\n{}",
                self.name,
                self.log_end()
            );
            sleep(LOOK).await;
        }
    }

    /// The last lines of its log, under its name.
    pub fn log_end(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let end = lines[lines.len().saturating_sub(25)..].join("\n");
        format!("── the log of {} ends with\n{end}\n", self.name)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only when it ended before, which is what is wanted.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Status and body of a URL.
///
/// # Errors
/// When there is no answer.
pub async fn get(url: &str) -> anyhow::Result<(u16, Bytes)> {
    let url: Uri = url.parse()?;
    let address = url.authority().context("the URL has no address")?.as_str();
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::get(path).header(HOST, address);
    let connections = Connections::to(address);
    let (head, body) = connections.exchange(request.body(Full::default())?).await?;
    Ok((head.status.as_u16(), body))
}
