//! A mapping as it is stored, how it can be changed and listed, and what can be in the way of that.

use time::OffsetDateTime;
use uuid::Uuid;

use super::MappingError;

/// A mapping as it is stored.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "each is a column, documented in the schema")]
pub struct Mapping {
    pub id: Uuid,
    pub field_path: String,
    pub indicator_type: String,
    pub is_active: bool,
    pub description: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// What is to be changed of one; what is left out stays.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "as in the mapping")]
pub struct MappingChange {
    pub field_path: Option<String>,
    pub indicator_type: Option<String>,
    pub is_active: Option<bool>,
    pub description: Description,
}

/// What becomes of the description.
#[derive(Clone, Debug, Default)]
pub enum Description {
    /// It stays.
    #[default]
    Kept,
    /// It is this one, or gone.
    Set(Option<String>),
}

/// Which mappings, and which page of them.
#[derive(Clone, Debug)]
pub struct MappingPage {
    /// Of this type.
    pub indicator_type: Option<String>,
    /// In use or not.
    pub is_active: Option<bool>,
    /// Mappings before the page.
    pub offset: i64,
    /// Mappings of the page.
    pub limit: i64,
}

/// Something asked of the mappings was not done.
#[derive(Debug, thiserror::Error)]
pub enum MappingStoreError {
    /// No connection.
    #[error("no connection to Postgres")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// A statement failed.
    #[error("Postgres did not answer for the field mappings")]
    Postgres(#[from] tokio_postgres::Error),
    /// It could not be used.
    #[error(transparent)]
    Unusable(#[from] MappingError),
    /// There is no such row.
    #[error("there is no field mapping {id}")]
    Unknown {
        /// The id as asked for.
        id: Uuid,
    },
    /// Path and type are those of another.
    #[error("there is a field mapping of this path and type already: change that one")]
    Exists,
}
