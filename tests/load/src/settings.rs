//! Where everything is, from the environment as `deploy/stack.sh` and `deploy/services.sh` write it.
//!
//! Every address must be loopback: a load tool that can be pointed elsewhere will be. A variable that
//! is missing is named, with the command that sets it.

use std::net::IpAddr;

use anyhow::{Context, bail};
use calseta_shared::config::Environment;
use hyper::Uri;
use tokio_postgres::config::Host;

use crate::sign::Proof;

/// The environment of one call.
#[derive(Clone, Debug)]
pub struct Settings(Environment);

impl Settings {
    /// That of this process.
    pub fn of_process() -> Self {
        Self(Environment::of_process(&[]))
    }

    /// `NAME=value` lines, as `services.env` holds, and nothing else.
    pub fn of_lines(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('='));
        Self(Environment::of(&[], pairs))
    }

    /// The variable, or what to do to have it.
    ///
    /// # Errors
    /// When it is not set.
    pub fn required(&self, name: &str) -> anyhow::Result<&str> {
        self.optional(name).with_context(|| {
            format!("{name} is not set: use the NAME=value lines of target/stack.env (make up) or target/services/services.env (make services)")
        })
    }

    /// The variable, when it is set.
    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// `GATEWAY_URL`.
    ///
    /// # Errors
    /// When it is missing, no URL, or not loopback.
    pub fn gateway(&self) -> anyhow::Result<Uri> {
        let uri: Uri = self
            .required("GATEWAY_URL")?
            .parse()
            .context("GATEWAY_URL is no URL")?;
        loopback("GATEWAY_URL", uri.host().unwrap_or_default())?;
        Ok(uri)
    }

    /// `API_KEY`.
    ///
    /// # Errors
    /// When it is missing.
    pub fn api_key(&self) -> anyhow::Result<&str> {
        self.required("API_KEY")
    }

    /// A signature by `ELASTIC_WEBHOOK_SECRET`, or no proof when there is no secret.
    pub fn signature(&self) -> Proof {
        self.optional("ELASTIC_WEBHOOK_SECRET")
            .map_or(Proof::None, Proof::signature)
    }

    /// `ELASTIC_WEBHOOK_SECRET` as a header of its own, or no proof when there is no secret.
    pub fn secret_header(&self) -> Proof {
        let secret = self.optional("ELASTIC_WEBHOOK_SECRET");
        secret.map_or(Proof::None, |secret| Proof::SecretHeader(secret.to_owned()))
    }

    /// `DATABASE_URL`.
    ///
    /// # Errors
    /// When it is missing, no URL, or not loopback.
    pub fn database(&self) -> anyhow::Result<tokio_postgres::Config> {
        let url = self.required("DATABASE_URL")?;
        // The parser's error may repeat the URL, and with it the password.
        let Ok(config) = url.parse::<tokio_postgres::Config>() else {
            bail!("DATABASE_URL is no URL of Postgres");
        };
        for host in config.get_hosts() {
            if let Host::Tcp(name) = host {
                loopback("DATABASE_URL", name)?;
            }
        }
        Ok(config)
    }

    /// `AMQP_URL`.
    ///
    /// # Errors
    /// When it is missing, no URL, or not loopback.
    pub fn amqp(&self) -> anyhow::Result<&str> {
        let url = self.required("AMQP_URL")?;
        let Ok(address) = url.parse::<lapin::uri::AMQPUri>() else {
            bail!("AMQP_URL is no URL of an AMQP broker");
        };
        loopback("AMQP_URL", &address.authority.host)?;
        Ok(url)
    }

    /// Host and port of `AMQP_URL`.
    ///
    /// # Errors
    /// Those of [`Self::amqp`].
    pub fn broker_address(&self) -> anyhow::Result<String> {
        address(self.amqp()?, 5672)
    }

    /// Host and port of `DATABASE_URL`.
    ///
    /// # Errors
    /// Those of [`Self::database`].
    pub fn postgres_address(&self) -> anyhow::Result<String> {
        self.database()?;
        address(self.required("DATABASE_URL")?, 5432)
    }
}

fn loopback(variable: &str, host: &str) -> anyhow::Result<()> {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
        return Ok(());
    }
    bail!("{variable} names {host:?}, which is not loopback: this tool loads only its own machine")
}

/// `host:port` of a URL.
fn address(url: &str, port: u16) -> anyhow::Result<String> {
    let (_, rest) = url.split_once("://").context("no URL")?;
    let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    let host = host.split(['/', '?']).next().unwrap_or_default();
    let bare = host
        .rsplit_once(':')
        .is_none_or(|(_, port)| port.parse::<u16>().is_err());
    Ok(if bare {
        format!("{host}:{port}")
    } else {
        host.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_host_that_is_not_loopback_is_refused() {
        for host in ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"] {
            assert!(loopback("X", host).is_ok(), "{host}");
        }
        for host in [
            "10.0.0.1",
            "example.org",
            "localhost.example.org",
            "",
            "0.0.0.0",
        ] {
            assert!(loopback("X", host).is_err(), "{host}");
        }
    }

    #[test]
    fn an_error_never_repeats_a_password() {
        let variables = [
            ("DATABASE_URL", "postgres://user:hunter2@10.9.8.7/x?y=z"),
            ("AMQP_URL", "amqp://user:hunter2@["),
        ];
        let settings = Settings(Environment::of(&[], variables));
        for error in [settings.database().err(), settings.amqp().err()] {
            let text = format!("{error:?}");
            assert!(text.contains("Some") && !text.contains("hunter2"), "{text}");
        }
    }
}
