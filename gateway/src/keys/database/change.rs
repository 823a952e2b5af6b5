//! What can be done to a key, each with its audit row in the same transaction.
//!
//! A key is never deleted and never made active again: what it was is part of the audit.

use calseta_shared::source::Source;
use deadpool_postgres::Transaction;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio_postgres::types::Json;
use uuid::Uuid;

use super::{COLUMNS, KeyStore, KeyStoreError, key};
use crate::keys::{Key, KeySecret, Rate, Scope};

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

/// Sources a key may send for from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// The same as before.
    #[default]
    Unchanged,
    /// All.
    All,
    /// These.
    Only(Vec<Source>),
}

/// What is to be different about a key; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// What it may do from now on.
    pub scopes: Option<Vec<Scope>>,
    /// Sources it may send for from now on.
    pub allowed_sources: Sources,
    /// Whether it ends now.
    pub revoke: bool,
}

impl KeyStore {
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

    /// Changes a key that is not revoked.
    ///
    /// # Errors
    /// When there is no such key, or it is revoked already.
    pub async fn change(
        &self,
        id: Uuid,
        change: &Change,
        actor: &str,
    ) -> Result<Key, KeyStoreError> {
        let mut client = self.0.get().await?;
        let transaction = client.transaction().await?;
        let scopes = change.scopes.as_deref().map(names);
        let sources = match &change.allowed_sources {
            Sources::Only(sources) => source_names(Some(sources)),
            Sources::All | Sources::Unchanged => None,
        };
        let statement = format!(
            "UPDATE api_keys SET scopes = coalesce($2, scopes), \
             allowed_sources = CASE WHEN $3 THEN $4 ELSE allowed_sources END, \
             revoked_at = CASE WHEN $5 THEN now() END \
             WHERE id = $1 AND revoked_at IS NULL RETURNING {COLUMNS}"
        );
        let differs = change.allowed_sources != Sources::Unchanged;
        let row = transaction
            .query_opt(
                &statement,
                &[&id, &scopes, &differs, &sources, &change.revoke],
            )
            .await?;
        let changed = key(&row.ok_or(KeyStoreError::NotFound)?)?;
        let detail =
            json!({"scopes": scopes, "allowed_sources": sources, "revoked": change.revoke});
        audit(&transaction, id, "changed", actor, detail).await?;
        transaction.commit().await?;
        Ok(changed)
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
    let sources = source_names(draft.allowed_sources.as_ref());
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

fn source_names(sources: Option<&Vec<Source>>) -> Option<Vec<&'static str>> {
    sources.map(|sources| sources.iter().map(|source| source.name()).collect())
}
