//! Keys in Postgres. Every change and its audit row are one transaction; the table tells its listeners.
//!
//! Nothing here is called on an alert's way. A missing table is an error of its own, since it has its
//! own remedy.

mod change;
mod row;

use deadpool_postgres::Pool;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use super::Key;
pub use change::{Change, Draft, Sources};
use row::{COLUMNS, key};

/// Keys as the database has them.
#[derive(Clone)]
pub struct KeyStore(Pool);

/// What the database did not do.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// No connection.
    #[error("the database cannot be reached")]
    Unavailable(#[from] deadpool_postgres::PoolError),
    /// The schema is not there.
    #[error("the database has no tables yet: run `calseta-worker migrate` first")]
    TablesMissing,
    /// No key has this id, or it cannot be changed any more.
    #[error("no such key, or it is revoked already")]
    NotFound,
    /// More than one key begins like this.
    #[error("more than one key begins with this: give its id")]
    Ambiguous,
    /// A row that was written by another program.
    #[error("the row of a key cannot be read")]
    Row,
    /// No randomness for a new key.
    #[error("the operating system gave no random bytes for a key")]
    Random,
    /// The statement failed.
    #[error("the database refused the statement")]
    Statement(#[source] tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for KeyStoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.code() {
            Some(code) if *code == SqlState::UNDEFINED_TABLE => Self::TablesMissing,
            _ => Self::Statement(error),
        }
    }
}

impl KeyStore {
    /// Keys of the database behind this pool.
    pub fn new(pool: Pool) -> Self {
        Self(pool)
    }

    /// Every key, in the order they were made.
    ///
    /// # Errors
    /// When the database is away or has no tables.
    pub async fn list(&self) -> Result<Vec<Key>, KeyStoreError> {
        let client = self.0.get().await?;
        let statement = format!("SELECT {COLUMNS} FROM api_keys ORDER BY id");
        let rows = client.query(&statement, &[]).await?;
        rows.iter().map(key).collect()
    }

    /// The key with this id or prefix.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub async fn get(&self, id_or_prefix: &str) -> Result<Key, KeyStoreError> {
        let client = self.0.get().await?;
        let statement =
            format!("SELECT {COLUMNS} FROM api_keys WHERE id::text = $1 OR prefix = $1 LIMIT 2");
        let rows = client.query(&statement, &[&id_or_prefix]).await?;
        match rows.as_slice() {
            [] => Err(KeyStoreError::NotFound),
            [row] => key(row),
            _ => Err(KeyStoreError::Ambiguous),
        }
    }

    /// Writes when keys were last used; times are seconds since the epoch.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn write_usage(&self, used: &[(Uuid, i64)]) -> Result<(), KeyStoreError> {
        let (ids, times): (Vec<Uuid>, Vec<i64>) = used.iter().copied().unzip();
        let statement = "UPDATE api_keys k SET last_used_at = to_timestamp(u.at) \
                         FROM unnest($1::uuid[], $2::bigint[]) AS u (id, at) \
                         WHERE k.id = u.id AND k.last_used_at IS DISTINCT FROM \
                         greatest(k.last_used_at, to_timestamp(u.at))";
        self.0
            .get()
            .await?
            .execute(statement, &[&ids, &times])
            .await?;
        Ok(())
    }
}
