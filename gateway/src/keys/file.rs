//! Keys from a file of names and hashes, for a gateway that has no database, such as one in a DMZ.
//!
//! The file is looked at every second, so that a key that is taken out of it is refused as soon as a
//! revoked one. A file that cannot be read changes nothing: the last good one stays in force.

#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use calseta_shared::{
    config::{ConfigError, Environment, Validate, load},
    health::{Part, State},
    source::Source,
};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::time::{Instant, interval};
use tokio_util::sync::CancellationToken;
use uuid::Builder;

use super::{Draft, Key, KeySecret, KeySet, Keys, Rate};

const LOOK: Duration = Duration::from_secs(1);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    prefix: String,
    sha256: String,
    scopes: Vec<String>,
    allowed_sources: Option<Vec<Source>>,
    rate_per_second: Option<u32>,
    rate_burst: Option<u32>,
    expires_at: Option<String>,
}

impl Validate for File {
    fn validate(&self) -> Result<(), ConfigError> {
        self.keys
            .iter()
            .try_for_each(|entry| entry.key().map(|_| ()))
    }
}

impl Entry {
    fn key(&self) -> Result<Key, ConfigError> {
        let invalid = |problem: String| ConfigError::Invalid {
            key: "keys.file",
            problem: format!("key {:?}: {problem}", self.name),
        };
        let hash = hash(&self.sha256)
            .ok_or_else(|| invalid("sha256 must be 64 lower-case hex digits".into()))?;
        let scopes = self.scopes.iter().map(|scope| scope.parse());
        let expires_at = self
            .expires_at
            .as_deref()
            .map(|at| OffsetDateTime::parse(at, &Rfc3339));
        let mut id = [0; 16];
        id.copy_from_slice(&hash[..16]);
        Ok(Key {
            id: Builder::from_custom_bytes(id).into_uuid(),
            name: self.name.clone(),
            prefix: self.prefix.clone(),
            hash,
            scopes: scopes
                .collect::<Result<_, _>>()
                .map_err(|error: super::UnknownScope| invalid(error.to_string()))?,
            allowed_sources: self.allowed_sources.clone(),
            rate: self.rate_per_second.map(|per_second| Rate {
                per_second,
                burst: self.rate_burst.unwrap_or(per_second),
            }),
            created_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: expires_at
                .transpose()
                .map_err(|error| invalid(format!("expires_at: {error}")))?,
            revoked_at: None,
            last_used_at: None,
            replaced_by: None,
        })
    }
}

fn hash(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    digits.then_some(hash)
}

/// Every key of the file.
///
/// # Errors
/// When the file cannot be read, or an entry cannot be used; the text names it.
pub fn read(path: &Path) -> Result<Vec<Key>, ConfigError> {
    let file: File = load("", Some(path), &Environment::of(&[], []))?;
    file.keys.iter().map(Entry::key).collect()
}

/// A new key, and the entry of the file that lets it in.
///
/// # Errors
/// When the operating system has no randomness.
pub fn generate(draft: &Draft) -> Result<(KeySecret, String), ring::error::Unspecified> {
    let secret = KeySecret::generate()?;
    let hash = secret.hash().map(|byte| format!("{byte:02x}")).concat();
    let quoted = |names: Vec<&str>| format!("{names:?}");
    let mut lines = vec![
        "[[keys]]".to_owned(),
        format!("name = {:?}", draft.name),
        format!("prefix = {:?}", secret.prefix()),
        format!("sha256 = {hash:?}"),
        format!(
            "scopes = {}",
            quoted(draft.scopes.iter().map(|scope| scope.name()).collect())
        ),
    ];
    if let Some(sources) = &draft.allowed_sources {
        let names = sources.iter().map(|source| source.name()).collect();
        lines.push(format!("allowed_sources = {}", quoted(names)));
    }
    if let Some(rate) = draft.rate {
        lines.push(format!("rate_per_second = {}", rate.per_second));
        lines.push(format!("rate_burst = {}", rate.burst));
    }
    if let Some(at) = draft.expires_at.and_then(|at| at.format(&Rfc3339).ok()) {
        lines.push(format!("expires_at = {at:?}"));
    }
    lines.push(String::new());
    let entry = lines.join("\n");
    Ok((secret, entry))
}

/// What keeps one gateway's keys as the file has them.
pub struct FileWatch {
    /// The file.
    pub path: PathBuf,
    /// Where its keys go.
    pub keys: Keys,
    /// Where it says how it is.
    pub health: Part,
}

impl FileWatch {
    /// Looks at the file until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut look = interval(LOOK);
        let mut seen: Option<(SystemTime, u64)> = None;
        let mut last = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
                () = self.keys.wanted(last) => seen = None,
            }
            last = Instant::now();
            let mark = std::fs::metadata(&self.path).ok();
            let mark = mark.and_then(|file| Some((file.modified().ok()?, file.len())));
            if mark.is_none() || mark != seen {
                seen = mark;
                self.load();
            }
        }
    }

    fn load(&self) {
        self.keys.begin();
        match read(&self.path) {
            Ok(keys) => {
                let before = self.keys.current();
                if before.as_ref().is_none_or(|set| set.len() != keys.len()) {
                    tracing::info!(keys = keys.len(), "keys loaded from the file");
                }
                self.keys.replace(KeySet::new(keys, before.as_deref()));
                self.health.set(State::Ready);
            }
            Err(error) => {
                tracing::warn!(%error, "the file of keys cannot be read, the last good one is used");
                let reason = format!("keys.file cannot be read: {error}");
                self.health.set(if self.keys.current().is_some() {
                    State::Degraded(reason)
                } else {
                    State::NotReady(reason)
                });
            }
        }
    }
}
