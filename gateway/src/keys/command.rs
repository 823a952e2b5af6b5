//! Keys from the command line, for whoever can reach the database.
//!
//! A key is printed once, when it is made. Everything goes to standard output, as text for people or
//! as one JSON object a line for programs.

use std::time::Duration;

use calseta_shared::source::Source;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Draft, Key, KeySecret, KeyStore, Rate, Scope, file};

/// Who the audit says it was.
const ACTOR: &str = "cli";

/// What can be done to keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Make a key and print it, once.
    Create(Create),
    /// Make a key without a database: print it, once, and its entry for keys.file.
    Generate(Create),
    /// List all keys.
    List(Shown),
    /// Show one key.
    Show(Named),
    /// Make a key that takes the place of another; both work for a grace period.
    Rotate(Rotate),
    /// End a key now, on every gateway within a second.
    Revoke(Named),
}

/// How the answer is written.
#[derive(Debug, Args)]
pub struct Shown {
    /// text for people, json for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Arguments of `create`.
#[derive(Debug, Args)]
pub struct Create {
    /// What people call the key.
    #[arg(long)]
    name: String,
    /// alerts:write, alerts:read, admin.
    #[arg(long, value_delimiter = ',', default_value = "alerts:write")]
    scopes: Vec<Scope>,
    /// Sources it may send for; all when left out.
    #[arg(long, value_delimiter = ',')]
    allowed_sources: Option<Vec<Source>>,
    /// How long it works, such as 90d; for ever when left out.
    #[arg(long, value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    /// Requests a second in the long run; no limit when left out.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate_per_second: Option<u32>,
    /// Requests at once, with a rate.
    #[arg(long, requires = "rate_per_second", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    rate_burst: u32,
    #[command(flatten)]
    shown: Shown,
}

/// One key.
#[derive(Debug, Args)]
pub struct Named {
    /// Its id, or its prefix of 12 characters.
    key: String,
    #[command(flatten)]
    shown: Shown,
}

/// Arguments of `rotate`.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    named: Named,
    /// How long the old key goes on working.
    #[arg(long, default_value = "24h", value_parser = humantime::parse_duration)]
    grace: Duration,
}

impl Create {
    fn draft(&self, now: OffsetDateTime) -> Draft {
        Draft {
            name: self.name.clone(),
            scopes: self.scopes.clone(),
            allowed_sources: self.allowed_sources.clone(),
            rate: self.rate_per_second.map(|per_second| Rate {
                per_second,
                burst: self.rate_burst,
            }),
            expires_at: self.expires_in.map(|after| now + after),
        }
    }
}

/// Makes a key that no database knows.
///
/// # Errors
/// When the operating system has no randomness.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub fn generate(create: &Create) -> anyhow::Result<()> {
    let made = file::generate(&create.draft(OffsetDateTime::now_utc()));
    let (secret, entry) = made.map_err(|_| anyhow::anyhow!("no random bytes for a key"))?;
    if create.shown.format == Format::Json {
        println!("{}", json!({"key": secret.expose(), "entry": entry}));
    } else {
        println!(
            "# Keep the key now, it is shown only this once: {}",
            secret.expose()
        );
        print!("{entry}");
    }
    Ok(())
}

/// Does it and prints the outcome.
///
/// # Errors
/// The database's, in a sentence that says what to do.
pub async fn run(command: KeysCommand, store: &KeyStore) -> anyhow::Result<()> {
    let now = OffsetDateTime::now_utc();
    match command {
        KeysCommand::Create(create) => {
            let (key, secret) = store.create(&create.draft(now), ACTOR).await?;
            print(&key, Some(&secret), create.shown.format);
        }
        KeysCommand::Generate(create) => generate(&create)?,
        KeysCommand::List(shown) => {
            for key in store.list().await? {
                print(&key, None, shown.format);
            }
        }
        KeysCommand::Show(named) => {
            print(&store.get(&named.key).await?, None, named.shown.format);
        }
        KeysCommand::Rotate(Rotate { named, grace }) => {
            let old = store.get(&named.key).await?;
            let (key, secret) = store.rotate(old.id, now + grace, ACTOR).await?;
            print(&key, Some(&secret), named.shown.format);
        }
        KeysCommand::Revoke(named) => {
            let key = store.get(&named.key).await?;
            store.revoke(key.id, ACTOR).await?;
            print(
                &store.get(&key.id.to_string()).await?,
                None,
                named.shown.format,
            );
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of a command")]
fn print(key: &Key, secret: Option<&KeySecret>, format: Format) {
    let fields = describe(key, secret);
    if format == Format::Json {
        println!("{fields}");
        return;
    }
    if secret.is_some() {
        println!("Keep the key now: it is shown only this once.");
    }
    for (name, value) in fields.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::String(text) => println!("{name:>16}  {text}"),
            Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                println!("{name:>16}  {}", items.join(", "));
            }
            other => println!("{name:>16}  {other}"),
        }
    }
    println!();
}

/// Everything there is to say about a key; its secret only when it was made just now.
pub fn describe(key: &Key, secret: Option<&KeySecret>) -> Value {
    let time = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok());
    let mut fields = json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes.iter().map(|scope| scope.name()).collect::<Vec<_>>(),
        "allowed_sources": key.allowed_sources,
        "rate_per_second": key.rate.map(|rate| rate.per_second),
        "rate_burst": key.rate.map(|rate| rate.burst),
        "active": key.is_active(OffsetDateTime::now_utc()),
        "created_at": time(Some(key.created_at)),
        "expires_at": time(key.expires_at),
        "revoked_at": time(key.revoked_at),
        "last_used_at": time(key.last_used_at),
        "replaced_by": key.replaced_by,
    });
    if let Some(secret) = secret {
        fields["key"] = secret.expose().into();
    }
    fields
}
