//! One row of `api_keys` as a key. What a newer version wrote there grants nothing here.

use tokio_postgres::Row;

use super::KeyStoreError;
use crate::keys::{Key, Rate};

/// The columns that [`key`] reads.
pub(super) const COLUMNS: &str = "id, name, prefix, key_hash, scopes, allowed_sources, rate_per_second, \
                       rate_burst, created_at, expires_at, revoked_at, last_used_at, replaced_by";

/// Reads a row of [`COLUMNS`].
pub(super) fn key(row: &Row) -> Result<Key, KeyStoreError> {
    let hash: &[u8] = row.try_get("key_hash")?;
    let scopes: Vec<&str> = row.try_get("scopes")?;
    let sources: Option<Vec<&str>> = row.try_get("allowed_sources")?;
    let per_second: Option<i32> = row.try_get("rate_per_second")?;
    let burst: Option<i32> = row.try_get("rate_burst")?;
    let number = |value: i32| u32::try_from(value).unwrap_or(1).max(1);
    Ok(Key {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        prefix: row.try_get("prefix")?,
        hash: hash.try_into().map_err(|_| KeyStoreError::Row)?,
        // A scope or source of a newer version grants nothing here.
        scopes: scopes.iter().filter_map(|name| name.parse().ok()).collect(),
        allowed_sources: sources
            .map(|names| names.iter().filter_map(|name| name.parse().ok()).collect()),
        rate: per_second.map(|per_second| Rate {
            per_second: number(per_second),
            burst: number(burst.unwrap_or(per_second)),
        }),
        created_at: row.try_get("created_at")?,
        expires_at: row.try_get("expires_at")?,
        revoked_at: row.try_get("revoked_at")?,
        last_used_at: row.try_get("last_used_at")?,
        replaced_by: row.try_get("replaced_by")?,
    })
}
