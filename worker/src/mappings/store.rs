//! The custom field mappings in Postgres: listed, made, changed and deleted.
//!
//! One that could not be used is never written. The table tells the workers of every change.

use deadpool_postgres::Pool;
use tokio_postgres::{Row, error::SqlState};
use uuid::Uuid;

use super::{
    Description, Mapping, MappingChange, MappingError, MappingPage, MappingRow, MappingStoreError,
};

/// Bytes of a path that its index can hold.
const PATH_BYTES: usize = 1_000;

macro_rules! columns {
    () => {
        "id, field_path, indicator_type, is_active, description, created_at, updated_at"
    };
}
const MATCHING: &str =
    "($1::text IS NULL OR indicator_type = $1) AND ($2::boolean IS NULL OR is_active = $2)";
const ONE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM indicator_field_mappings WHERE id = $1"
);
const CREATE: &str = concat!(
    "INSERT INTO indicator_field_mappings (id, field_path, indicator_type, is_active, description) \
     VALUES ($1, $2, $3, $4, $5) RETURNING ",
    columns!()
);
const CHANGE: &str = concat!(
    "UPDATE indicator_field_mappings SET field_path = $2, indicator_type = $3, is_active = $4, \
     description = $5, updated_at = now() WHERE id = $1 RETURNING ",
    columns!()
);

/// A page of the mappings in the order of their paths, and how many match.
///
/// # Errors
/// When Postgres does not answer.
pub async fn list(
    pool: &Pool,
    page: &MappingPage,
) -> Result<(Vec<Mapping>, i64), MappingStoreError> {
    let client = pool.get().await?;
    let count = format!("SELECT count(*) FROM indicator_field_mappings WHERE {MATCHING}");
    let row = client
        .query_one(&count, &[&page.indicator_type, &page.is_active])
        .await?;
    let statement = format!(
        "SELECT {} FROM indicator_field_mappings WHERE {MATCHING} \
         ORDER BY field_path, indicator_type LIMIT $3 OFFSET $4",
        columns!()
    );
    let rows = client
        .query(
            &statement,
            &[
                &page.indicator_type,
                &page.is_active,
                &page.limit,
                &page.offset,
            ],
        )
        .await?;
    Ok((rows.iter().map(read).collect(), row.get(0)))
}

/// One mapping.
///
/// # Errors
/// When there is none with this id.
pub async fn get(pool: &Pool, id: Uuid) -> Result<Mapping, MappingStoreError> {
    let row = pool.get().await?.query_opt(ONE, &[&id]).await?;
    let row = row.ok_or(MappingStoreError::Unknown { id })?;
    Ok(read(&row))
}

/// Makes one.
///
/// # Errors
/// When it could not be used, or is there already.
pub async fn create(
    pool: &Pool,
    row: MappingRow,
    description: Option<&str>,
) -> Result<Mapping, MappingStoreError> {
    check(&row)?;
    let made = pool
        .get()
        .await?
        .query_one(
            CREATE,
            &[
                &Uuid::now_v7(),
                &row.field_path,
                &row.indicator_type,
                &row.is_active,
                &description,
            ],
        )
        .await;
    Ok(read(&made.map_err(exists)?))
}

/// Changes one.
///
/// # Errors
/// When there is none with this id, or it could not be used then.
pub async fn change(
    pool: &Pool,
    id: Uuid,
    change: MappingChange,
) -> Result<Mapping, MappingStoreError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    let row = transaction
        .query_opt(&format!("{ONE} FOR UPDATE"), &[&id])
        .await?;
    let before = read(&row.ok_or(MappingStoreError::Unknown { id })?);
    let after = MappingRow {
        field_path: change.field_path.unwrap_or(before.field_path),
        indicator_type: change.indicator_type.unwrap_or(before.indicator_type),
        is_active: change.is_active.unwrap_or(before.is_active),
    };
    check(&after)?;
    let description = match change.description {
        Description::Kept => before.description,
        Description::Set(description) => description,
    };
    let changed = transaction
        .query_one(
            CHANGE,
            &[
                &id,
                &after.field_path,
                &after.indicator_type,
                &after.is_active,
                &description,
            ],
        )
        .await;
    let mapping = read(&changed.map_err(exists)?);
    transaction.commit().await?;
    Ok(mapping)
}

/// Deletes one.
///
/// # Errors
/// When there is none with this id.
pub async fn delete(pool: &Pool, id: Uuid) -> Result<(), MappingStoreError> {
    let client = pool.get().await?;
    let deleted = client
        .execute("DELETE FROM indicator_field_mappings WHERE id = $1", &[&id])
        .await?;
    if deleted == 0 {
        return Err(MappingStoreError::Unknown { id });
    }
    Ok(())
}

fn check(row: &MappingRow) -> Result<(), MappingError> {
    if row.field_path.len() > PATH_BYTES {
        return Err(MappingError::TooLong { limit: PATH_BYTES });
    }
    row.clone().check().map(drop)
}

fn exists(error: tokio_postgres::Error) -> MappingStoreError {
    match error.code() {
        Some(code) if *code == SqlState::UNIQUE_VIOLATION => MappingStoreError::Exists,
        _ => error.into(),
    }
}

fn read(row: &Row) -> Mapping {
    Mapping {
        id: row.get(0),
        field_path: row.get(1),
        indicator_type: row.get(2),
        is_active: row.get(3),
        description: row.get(4),
        created_at: row.get(5),
        updated_at: row.get(6),
    }
}
