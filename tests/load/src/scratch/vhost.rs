//! A vhost made, checked and removed through `rabbitmqctl eval`: one call each, since a call can take seconds.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::{report, settings::Settings};

/// One vhost, in which the user of `AMQP_URL` may do everything.
#[derive(Debug)]
pub struct Vhost {
    name: String,
    url: String,
    control: PathBuf,
    removed: bool,
}

impl Vhost {
    /// Makes it.
    ///
    /// # Errors
    /// When `AMQP_URL` or `CALSETA_TEST_RABBITMQCTL` is missing, or the broker refuses.
    pub fn create(settings: &Settings, purpose: &str) -> anyhow::Result<Self> {
        let url = settings.amqp()?;
        let control = settings.required("CALSETA_TEST_RABBITMQCTL")?.into();
        let address: lapin::uri::AMQPUri = url.parse().map_err(anyhow::Error::msg)?;
        let user = address.authority.userinfo.username;
        let name = super::name(purpose);
        let (server, _) = url.rsplit_once('/').context("AMQP_URL names no vhost")?;
        let vhost = Self {
            url: format!("{server}/{name}"),
            name,
            control,
            removed: false,
        };
        let name = &vhost.name;
        let made = vhost.evaluate(&format!(
            "rabbit_vhost:add(<<\"{name}\">>, <<\"{user}\">>), \
             rabbit_auth_backend_internal:set_permissions(<<\"{user}\">>, <<\"{name}\">>, <<\".*\">>, <<\".*\">>, <<\".*\">>, <<\"{user}\">>)."
        ))?;
        ensure!(made == "ok", "the broker did not make vhost {name}: {made}");
        Ok(vhost)
    }

    /// `AMQP_URL` with this vhost.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs an Erlang expression in the broker, and returns what it printed.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub fn evaluate(&self, expression: &str) -> anyhow::Result<String> {
        let output = Command::new(&self.control)
            .args(["eval", expression])
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot run {}", self.control.display()))?;
        let printed = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        ensure!(
            output.status.success(),
            "rabbitmqctl eval failed: {printed} {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(printed)
    }

    /// Deliveries of one of its queues that consumers hold; the broker counts them every few seconds.
    ///
    /// # Errors
    /// When there is no such queue.
    pub fn unsettled(&self, queue: &str) -> anyhow::Result<u64> {
        let name = &self.name;
        let held = self.evaluate(&format!(
            "{{ok, Q}} = rabbit_amqqueue:lookup(rabbit_misc:r(<<\"{name}\">>, queue, <<\"{queue}\">>)), \
             [{{_, N}}] = rabbit_amqqueue:info(Q, [messages_unacknowledged]), N."
        ))?;
        held.parse()
            .with_context(|| format!("the broker counts {held} deliveries"))
    }

    /// Removes it with all its queues, and asks whether it is gone.
    ///
    /// # Errors
    /// When it is still there.
    pub fn remove(&mut self) -> anyhow::Result<()> {
        if self.removed {
            return Ok(());
        }
        let name = &self.name;
        let left = self.evaluate(&format!(
            "rabbit_vhost:delete(<<\"{name}\">>, <<\"calseta\">>), rabbit_vhost:exists(<<\"{name}\">>)."
        ))?;
        ensure!(left == "false", "vhost {name} is still there: {left}");
        self.removed = true;
        Ok(())
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            report::progress(&format!("vhost {} was left behind: {error:#}", self.name));
        }
    }
}
