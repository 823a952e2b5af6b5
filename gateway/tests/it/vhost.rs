//! A vhost of a test's own, taken away and brought back, and gone at the end of the test.
//!
//! A broker that the test may not control lends its own vhost instead.

use std::process::Command;

use calseta_shared::config::Environment;

use crate::world::required;

/// Where the test's queues are.
pub(crate) struct Vhost {
    pub(crate) url: String,
    name: String,
    user: String,
    rabbitmqctl: Option<String>,
}

impl Vhost {
    pub(crate) fn create(environment: &Environment, name: &str) -> Self {
        let url = required(environment, "AMQP_URL");
        let rabbitmqctl = environment.get("CALSETA_TEST_RABBITMQCTL");
        let server = url.rsplit_once('/').unwrap().0;
        let vhost = Self {
            user: url.split(['/', ':']).nth(3).unwrap().to_owned(),
            url: rabbitmqctl.map_or_else(|| url.clone(), |_| format!("{server}/{name}")),
            name: name.to_owned(),
            rabbitmqctl: rabbitmqctl.map(String::from),
        };
        if vhost.rabbitmqctl.is_some() {
            vhost.evaluate(&format!("{}, {}", vhost.adding(), vhost.permitting()));
        }
        vhost
    }

    /// Takes it away, with all that is in it: nobody may do anything in what is left.
    pub(crate) fn lose(&self) {
        self.evaluate(&format!("{}, {}", self.deleting(), self.adding()));
    }

    /// Brings it back, empty.
    pub(crate) fn find(&self) {
        self.evaluate(&self.permitting());
    }

    fn adding(&self) -> String {
        let Self { name, user, .. } = self;
        format!("ok = rabbit_vhost:add(<<\"{name}\">>, <<\"{user}\">>)")
    }

    fn permitting(&self) -> String {
        let Self { name, user, .. } = self;
        let all = "<<\".*\">>, <<\".*\">>, <<\".*\">>";
        format!(
            "ok = rabbit_auth_backend_internal:set_permissions(<<\"{user}\">>, <<\"{name}\">>, {all}, <<\"{user}\">>)"
        )
    }

    fn deleting(&self) -> String {
        let Self { name, user, .. } = self;
        format!("rabbit_vhost:delete(<<\"{name}\">>, <<\"{user}\">>)")
    }

    /// All that is to be done goes by one call: where it starts an Erlang node, each takes a second.
    fn evaluate(&self, expressions: &str) {
        let rabbitmqctl = self.rabbitmqctl.as_ref().expect("a broker of our own");
        let evaluate = ["eval", &format!("{expressions}.")];
        let output = Command::new(rabbitmqctl).args(evaluate).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "rabbitmqctl {evaluate:?}: {said}");
    }
}

impl Drop for Vhost {
    fn drop(&mut self) {
        if self.rabbitmqctl.is_some() {
            self.evaluate(&self.deleting());
        }
    }
}
