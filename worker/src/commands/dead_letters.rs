//! `dead-letters`: everything a person does with what could not become alerts.
//!
//! `--reason` filters by the reason of a dead letter; `--why` is the caller's own, kept in the audit.
//! What changes anything needs a `--why`, and what may change many needs a filter or `--all`.

mod replay;
mod show;
mod which;

use std::{io::Read, os::unix::fs::MetadataExt, path::PathBuf};

use anyhow::Context;
use calseta_shared::config::Environment;
use clap::{Args, Subcommand};
use deadpool_postgres::Pool;
use uuid::Uuid;

use super::{Format, print};
use crate::{
    config::WorkerConfig,
    dead_letters::{self as letters, Status, Why},
};
use which::{AnyStatus, Which};

/// Arguments of `dead-letters`.
#[derive(Debug, Args)]
pub(super) struct DeadLetters {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, the youngest first.
    List {
        #[command(flatten)]
        which: Which,
        /// open, resolved, discarded or any.
        #[arg(long, default_value = "open", value_parser = which::status)]
        status: AnyStatus,
        /// At most so many.
        #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Print one: its facts, then its body.
    Show {
        /// The id.
        id: Uuid,
        /// Only the body, byte for byte.
        #[arg(long)]
        body: bool,
    },
    /// Read open ones again and store what they give, under the ids they had.
    Replay(replay::ReplayArgs),
    /// Replace the body of an open one, to replay it; the body as it came is kept.
    Edit {
        /// The id.
        id: Uuid,
        /// The new body; `-` is standard input.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        who: Who,
    },
    /// Give open ones up: they stay listed as discarded until their retention ends.
    Discard {
        #[command(flatten)]
        which: Which,
        /// All open ones.
        #[arg(long)]
        all: bool,
        /// Only count; nothing is changed.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        who: Who,
    },
    /// Write them with their bodies to standard output, one JSON object a line.
    Export {
        #[command(flatten)]
        which: Which,
        /// open, resolved, discarded or any.
        #[arg(long, default_value = "open", value_parser = which::status)]
        status: AnyStatus,
    },
}

/// For the audit.
#[derive(Debug, Args)]
struct Who {
    /// Why, for the audit.
    #[arg(long, value_name = "TEXT", required_unless_present_any = ["dry_run", "resume"])]
    why: Option<String>,
    /// Who, instead of this account of the operating system.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
}

impl Who {
    fn why(self, account: String) -> anyhow::Result<Why> {
        let reason = self.why.filter(|why| !why.trim().is_empty());
        Ok(Why {
            actor: self.actor.unwrap_or(account),
            reason: reason.context("--why must say why, for the audit")?,
        })
    }
}

impl DeadLetters {
    pub(super) async fn run(self, config: WorkerConfig, account: String) -> anyhow::Result<()> {
        let pool = config.database.pool("calseta-worker")?;
        match self.action {
            Action::List {
                which,
                status,
                limit,
                format,
            } => list(&pool, &which, (status, limit), format).await,
            Action::Show { id, body } => show(&pool, id, body).await,
            Action::Replay(arguments) => arguments.run(&config, pool, account).await,
            Action::Edit { id, file, who } => {
                let body = read(&file)?;
                letters::edit(&pool, id, &body, &who.why(account)?).await?;
                print(&format!("{id} has a new body, replay it with --id {id}\n"))
            }
            Action::Discard {
                which,
                all,
                dry_run,
                who,
            } => {
                let everything = which.is_everything();
                anyhow::ensure!(
                    all || !everything,
                    "no filter: say which dead letters, or --all"
                );
                let filter = which.filter().of_status(Some(Status::Open));
                if dry_run {
                    let count = letters::count(&pool, &filter).await?;
                    return print(&format!("{count} would be discarded\n"));
                }
                let count = letters::discard(&pool, filter, &who.why(account)?).await?;
                print(&format!("{count} discarded\n"))
            }
            Action::Export { which, status } => export(&pool, &which, status).await,
        }
    }
}

async fn list(
    pool: &Pool,
    which: &Which,
    (status, limit): (AnyStatus, u32),
    format: Format,
) -> anyhow::Result<()> {
    let filter = which.filter().of_status(status.0);
    let found = letters::page(pool, &filter, None, limit.into()).await?;
    if format == Format::Json {
        return found
            .iter()
            .try_for_each(|letter| print(&format!("{}\n", serde_json::to_string(letter)?)));
    }
    let count = letters::count(pool, &filter).await?;
    print(&show::table(&found))?;
    print(&format!("{} of {count}\n", found.len()))
}

async fn show(pool: &Pool, id: Uuid, only_body: bool) -> anyhow::Result<()> {
    let (letter, body) = letters::with_body(pool, id).await?;
    if only_body {
        return super::print_bytes(&body);
    }
    print(&show::facts(&letter))?;
    print(&show::body(&body))
}

async fn export(pool: &Pool, which: &Which, status: AnyStatus) -> anyhow::Result<()> {
    let mut export = letters::Export::new(pool.clone(), which.filter().of_status(status.0));
    while let Some(line) = export.next().await? {
        print(&line)?;
    }
    Ok(())
}

fn read(file: &PathBuf) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    if file.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut body)
    } else {
        std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut body))
    }
    .with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(body)
}

/// The account that runs this program: by name, or by number where no name is known.
pub(super) fn account(environment: &Environment) -> String {
    let named = environment.get("USER").or(environment.get("LOGNAME"));
    named.map_or_else(
        || {
            let owner = std::fs::metadata("/proc/self").map(|process| process.uid());
            owner.map_or_else(|_| "unknown".to_owned(), |uid| format!("uid {uid}"))
        },
        str::to_owned,
    )
}
