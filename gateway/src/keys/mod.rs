//! Who may send: keys, what each may do, and the copy in memory that requests are checked against.
//!
//! A key is stored as its prefix and SHA-256 alone. No request waits for the database: it can be away
//! and known keys go on working.

pub mod command;
mod database;
pub mod file;
mod memory;
mod rate;
mod refresh;
mod scope;
mod secret;
mod set;

use std::{path::PathBuf, time::Duration};

use calseta_shared::source::Source;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

pub use database::{Change, Draft, KeyStore, KeyStoreError, Sources};
pub use memory::Keys;
pub use rate::{Bucket, Rate};
pub use refresh::Refresher;
pub use scope::{Scope, UnknownScope};
pub use secret::{KeySecret, NotAKey};
pub use set::{Held, KeySet};

/// Where keys come from and how they stay fresh.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// A file of names and hashes; empty for the database.
    pub file: PathBuf,
    /// How often they are loaded whatever happens.
    #[serde(with = "humantime_serde")]
    pub poll_interval: Duration,
    /// How often the times of last use are written.
    #[serde(with = "humantime_serde")]
    pub usage_interval: Duration,
}

/// One key, without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// UUIDv7.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// The first 12 characters: enough to find it, too little to use it.
    pub prefix: String,
    /// SHA-256 of the whole key.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Sources it may send for; `None` for all.
    pub allowed_sources: Option<Vec<Source>>,
    /// Its limit; `None` for none.
    pub rate: Option<Rate>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// From when on it is refused.
    pub expires_at: Option<OffsetDateTime>,
    /// When it was revoked.
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was last used, as far as that has been written.
    pub last_used_at: Option<OffsetDateTime>,
    /// The key that takes its place.
    pub replaced_by: Option<Uuid>,
}

impl Key {
    /// Whether the key may do this; `admin` implies everything.
    pub fn grants(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }

    /// Whether the key may send for this source.
    pub fn allows(&self, source: Source) -> bool {
        self.allowed_sources
            .as_ref()
            .is_none_or(|sources| sources.contains(&source))
    }

    /// Whether its time is over.
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it would be let in.
    pub fn is_active(&self, now: OffsetDateTime) -> bool {
        self.revoked_at.is_none() && !self.is_expired(now)
    }
}
