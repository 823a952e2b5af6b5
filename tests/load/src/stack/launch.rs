//! Starts the programs of a stack: each with its binary, its environment and a port of its own.
//!
//! One that ended can be started again in its place, with the same settings, folder and address.

use std::path::PathBuf;

use super::{
    Launch, Program, Stack,
    address::{free_port, through},
};

impl Stack {
    /// Starts a worker again in the place of one that ended; does not wait.
    ///
    /// # Errors
    /// When there was none, or the binary cannot be run.
    pub fn relaunch_worker(&mut self, index: usize) -> anyhow::Result<()> {
        let program = self.launch("worker", &format!("worker-{index}"), &self.options.worker)?;
        *self.worker(index)? = program;
        Ok(())
    }

    /// Starts the gateway again in the place of one that ended; does not wait.
    ///
    /// # Errors
    /// When the binary cannot be run.
    pub fn relaunch_gateway(&mut self) -> anyhow::Result<()> {
        let program = self.launch("gateway", "gateway", &self.options.gateway)?;
        self.gateway = Some(program);
        Ok(())
    }

    pub(super) fn binary(&self, program: &str) -> PathBuf {
        self.options.binaries.join(format!("calseta-{program}"))
    }

    pub(super) fn launch(
        &self,
        program: &str,
        name: &str,
        more: &[(String, String)],
    ) -> anyhow::Result<Program> {
        let admin = free_port()?;
        let mut environment = self.environment(program);
        environment.push((
            "CALSETA__ADMIN__LISTEN".into(),
            format!("127.0.0.1:{admin}"),
        ));
        if program == "gateway" {
            environment.push((
                "CALSETA__HTTP__LISTEN".into(),
                format!("127.0.0.1:{}", self.http),
            ));
            environment.push(("ELASTIC_WEBHOOK_SECRET".into(), self.secret.clone()));
            let spool = self.folder.path().join("spool").display().to_string();
            environment.push(("CALSETA__SPOOL__DIR".into(), spool));
        }
        environment.extend_from_slice(more);
        Program::start(&Launch {
            name,
            binary: &self.binary(program),
            folder: self.folder.path(),
            environment,
            admin,
        })
    }

    pub(super) fn environment(&self, program: &str) -> Vec<(String, String)> {
        let own = self.options.worker_broker.filter(|_| program == "worker");
        let broker = through(self.vhost.url(), own.or(self.options.broker));
        let postgres = through(self.database.url(), self.options.postgres);
        vec![
            ("AMQP_URL".into(), broker),
            ("DATABASE_URL".into(), postgres),
        ]
    }
}
