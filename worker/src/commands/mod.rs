//! What the worker's binary can be asked to do; each command is a file of its own.
//!
//! Commands that need no server read no configuration, so that a newcomer's first taste cannot fail on it.

mod corpus;
mod dead_letters;
mod extract;
mod fields;
mod partitions;
mod reconcile;
mod table;

use std::path::PathBuf;

use calseta_shared::{admin, config as shared_config, config::Environment, shutdown};
use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    config::{VARIABLES, WorkerConfig},
    service::{Service, migrate},
};

/// Normalizes queued Elastic Security alerts and stores them in Postgres.
#[derive(Debug, Parser)]
#[command(name = "calseta-worker", version)]
pub struct Cli {
    /// A TOML file over the built-in defaults; the environment wins over both.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Consume the queue until asked to stop (the default).
    Run,
    /// Bring the schema of Postgres up to date.
    Migrate,
    /// Normalize files and print what they give; needs no server.
    Extract(extract::Extract),
    /// Report what every file of a folder gives, with totals; needs no server.
    Corpus(corpus::Corpus),
    /// Print the table of fields that hold indicators.
    Fields,
    /// Find, show, replay, edit, discard and export what could not become alerts.
    DeadLetters(dead_letters::DeadLetters),
    /// Compare receipts with the rows they should have; fails when something is missing.
    Reconcile(reconcile::Reconcile),
    /// Show the partitions by day, with rows and size.
    Partitions(partitions::Partitions),
    /// Print the effective configuration, secrets hidden.
    CheckConfig,
    /// Ask the running worker's admin port whether it is ready.
    Healthcheck,
}

/// How a command prints what it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

impl Cli {
    /// Runs the command to its end.
    ///
    /// # Errors
    /// One readable line.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command.unwrap_or(Command::Run) {
            Command::Extract(extract) => extract.run(),
            Command::Corpus(corpus) => corpus.run(),
            Command::Fields => fields::print_table(),
            command => {
                let environment = Environment::of_process(VARIABLES);
                let config = WorkerConfig::load(self.config.as_deref(), &environment)?;
                match command {
                    Command::DeadLetters(command) => {
                        let actor = dead_letters::account(&environment);
                        block_on(command.run(config, actor))
                    }
                    Command::Reconcile(command) => block_on(command.run(config)),
                    Command::Partitions(command) => block_on(command.run(config)),
                    Command::Migrate => block_on(print_migration(config)),
                    Command::CheckConfig => print(&shared_config::render(&config)?),
                    Command::Healthcheck => {
                        block_on(async move { admin::healthcheck(&config.admin.listen).await })
                    }
                    _ => block_on(run(config)),
                }
            }
        }
    }
}

fn block_on(future: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(future)
}

async fn run(config: WorkerConfig) -> anyhow::Result<()> {
    // Before anything that may take time: a signal that finds no handler would end the worker at once.
    let stop = shutdown::on_signal()?;
    let telemetry = config.telemetry.start("calseta-worker")?;
    let outcome = Service::build(config)?.run(stop).await;
    // The last spans are exported by a thread that needs this runtime.
    tokio::task::spawn_blocking(move || drop(telemetry)).await?;
    outcome
}

async fn print_migration(config: WorkerConfig) -> anyhow::Result<()> {
    let steps = migrate(&config).await?;
    if steps.is_empty() {
        return print("the schema was up to date\n");
    }
    steps
        .iter()
        .try_for_each(|step| print(&format!("applied {step}\n")))
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write};
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
