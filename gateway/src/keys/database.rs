//! Keys in Postgres. Every change and its audit row are one transaction; the table tells its listeners.
//!
//! Nothing here is called on an alert's way. A missing table is an error of its own, since it has its
//! own remedy.

use calseta_shared::source::Source;
use deadpool_postgres::{Pool, Transaction};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_postgres::{Row, error::SqlState, types::Json};
use uuid::Uuid;

use super::{Key, KeySecret, Rate, Scope};

const COLUMNS: &str = "id, name, prefix, key_hash, scopes, allowed_sources, rate_per_second, \
                       rate_burst, created_at, expires_at, revoked_at, last_used_at, replaced_by";

/// Keys as the database has them.
#[derive(Clone)]
pub struct KeyStore(Pool);

/// A key that is to be made.
#[derive(Clone, Debug)]
pub struct Draft {
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Sources it may send for; `None` for all.
    pub allowed_sources: Option<Vec<Source>>,
    /// Its limit.
    pub rate: Option<Rate>,
    /// When it ends.
    pub expires_at: Option<OffsetDateTime>,
}

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

    /// Makes a key. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// When the database is away or has no tables.
    pub async fn create(
        &self,
        draft: &Draft,
        actor: &str,
    ) -> Result<(Key, KeySecret), KeyStoreError> {
        let mut client = self.0.get().await?;
        let transaction = client.transaction().await?;
        let made = insert(&transaction, draft).await?;
        let detail = json!({"name": draft.name, "scopes": names(&draft.scopes)});
        audit(&transaction, made.0.id, "created", actor, detail).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Makes a key that takes the place of another, which ends at `grace_until`.
    ///
    /// # Errors
    /// When there is no such active key.
    pub async fn rotate(
        &self,
        id: Uuid,
        grace_until: OffsetDateTime,
        actor: &str,
    ) -> Result<(Key, KeySecret), KeyStoreError> {
        let mut client = self.0.get().await?;
        let transaction = client.transaction().await?;
        // Locked, so that two rotations at once do not both replace it.
        let statement = format!(
            "SELECT {COLUMNS} FROM api_keys WHERE id = $1 AND revoked_at IS NULL \
             AND replaced_by IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR UPDATE"
        );
        let row = transaction.query_opt(&statement, &[&id]).await?;
        let old = key(&row.ok_or(KeyStoreError::NotFound)?)?;
        let draft = Draft {
            name: old.name.clone(),
            scopes: old.scopes.clone(),
            allowed_sources: old.allowed_sources.clone(),
            rate: old.rate,
            expires_at: old.expires_at,
        };
        let made = insert(&transaction, &draft).await?;
        let statement = "UPDATE api_keys SET replaced_by = $2, \
                         expires_at = least(expires_at, $3::timestamptz) WHERE id = $1";
        transaction
            .execute(statement, &[&id, &made.0.id, &grace_until])
            .await?;
        let detail = json!({"replaced_by": made.0.id, "until": grace_until.unix_timestamp()});
        audit(&transaction, id, "rotated", actor, detail).await?;
        let detail = json!({"name": draft.name, "replaces": id});
        audit(&transaction, made.0.id, "created", actor, detail).await?;
        transaction.commit().await?;
        Ok(made)
    }

    /// Ends a key now.
    ///
    /// # Errors
    /// When there is no such key, or it is revoked already.
    pub async fn revoke(&self, id: Uuid, actor: &str) -> Result<(), KeyStoreError> {
        let mut client = self.0.get().await?;
        let transaction = client.transaction().await?;
        let statement =
            "UPDATE api_keys SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL";
        if transaction.execute(statement, &[&id]).await? == 0 {
            return Err(KeyStoreError::NotFound);
        }
        audit(&transaction, id, "revoked", actor, json!({})).await?;
        transaction.commit().await?;
        Ok(())
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

async fn insert(
    transaction: &Transaction<'_>,
    draft: &Draft,
) -> Result<(Key, KeySecret), KeyStoreError> {
    let secret = KeySecret::generate().map_err(|_| KeyStoreError::Random)?;
    let statement = format!(
        "INSERT INTO api_keys (id, name, prefix, key_hash, scopes, allowed_sources, \
         rate_per_second, rate_burst, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         RETURNING {COLUMNS}"
    );
    let sources: Option<Vec<&str>> = draft
        .allowed_sources
        .as_ref()
        .map(|sources| sources.iter().map(|source| source.name()).collect());
    let row = transaction
        .query_one(
            &statement,
            &[
                &Uuid::now_v7(),
                &draft.name,
                &secret.prefix(),
                &secret.hash().as_slice(),
                &names(&draft.scopes),
                &sources,
                &draft
                    .rate
                    .map(|rate| i32::try_from(rate.per_second).unwrap_or(i32::MAX)),
                &draft
                    .rate
                    .map(|rate| i32::try_from(rate.burst).unwrap_or(i32::MAX)),
                &draft.expires_at,
            ],
        )
        .await?;
    Ok((key(&row)?, secret))
}

async fn audit(
    transaction: &Transaction<'_>,
    key: Uuid,
    action: &str,
    actor: &str,
    detail: Value,
) -> Result<(), KeyStoreError> {
    let statement =
        "INSERT INTO api_key_audit (key_id, action, actor, detail) VALUES ($1, $2, $3, $4)";
    transaction
        .execute(statement, &[&key, &action, &actor, &Json(detail)])
        .await?;
    Ok(())
}

fn names(scopes: &[Scope]) -> Vec<&'static str> {
    scopes.iter().map(|scope| scope.name()).collect()
}

fn key(row: &Row) -> Result<Key, KeyStoreError> {
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
