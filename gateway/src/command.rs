//! The command line: what the program can be asked to do.
//!
//! Without a command it runs. A bad configuration ends it with 64 before any socket opens.

use std::path::PathBuf;

use calseta_shared::{
    admin,
    config::{Environment, render},
    shutdown,
};
use clap::{Parser, Subcommand};

use crate::{
    config::{Settings, VARIABLES},
    keys::{
        KeyStore,
        command::{self, KeysCommand},
    },
    service::Service,
};

/// Authenticates, verifies and queues Elastic Security alerts.
#[derive(Debug, Parser)]
#[command(name = "calseta-gateway", version)]
pub struct Arguments {
    /// A TOML file over the built-in defaults; the environment wins over both.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take webhooks until SIGTERM or SIGINT (the default).
    Run,
    /// Make, list, show, rotate and revoke keys, in the database.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the effective configuration, secrets hidden, or say what is wrong with it.
    CheckConfig,
    /// Ask a running gateway on this machine whether it is ready.
    Healthcheck,
}

/// Does what the arguments ask for.
///
/// # Errors
/// Whatever stopped it; a configuration error is one in its own right.
pub async fn execute(arguments: Arguments) -> anyhow::Result<()> {
    let environment = Environment::of_process(VARIABLES);
    let settings = Settings::load(arguments.config.as_deref(), &environment)?;
    match arguments.command.unwrap_or(Command::Run) {
        Command::Run => {
            // Before anything that may take time: a signal that finds no handler would end the gateway at once.
            let stop = shutdown::on_signal()?;
            settings.check_service()?;
            let _telemetry = settings.telemetry.start("calseta-gateway")?;
            Service::start(&settings)?.run(stop).await
        }
        Command::Keys(KeysCommand::Generate(create)) => command::generate(&create),
        Command::Keys(command) => {
            settings.check_database()?;
            let store = KeyStore::new(settings.database.pool("calseta-gateway keys")?);
            command::run(command, &store).await
        }
        Command::CheckConfig => {
            print(&render(&settings)?);
            Ok(settings.check_service()?)
        }
        Command::Healthcheck => admin::healthcheck(&settings.admin.listen).await,
    }
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(text: &str) {
    print!("{text}");
}
