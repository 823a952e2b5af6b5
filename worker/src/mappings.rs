//! The custom field mappings as they are stored and sent, and what is wrong with those that cannot be used.
//!
//! Each is checked alone: a bad one is left out and named, and the others are used.

mod mapping;
mod passes;
mod store;
mod watch;

use serde::Deserialize;
use tokio_postgres::Client;

pub use mapping::{Description, Mapping, MappingChange, MappingPage, MappingStoreError};
pub use passes::{Pass, Passes, PassesError, passes};
pub use store::{change, create, delete, get, list};
pub use watch::Mappings;

use crate::{
    extract::FieldMapping,
    fields::{CatalogBuilder, PathError, Want},
    indicator::{IndicatorType, UnknownIndicatorType},
};

const ACTIVE: &str = "SELECT field_path, indicator_type FROM indicator_field_mappings \
     WHERE is_active ORDER BY field_path, indicator_type";

/// One mapping as it is stored and sent, not yet checked.
#[derive(Clone, Debug, Deserialize)]
pub struct MappingRow {
    /// Dotted path; `*` stands for any one name.
    pub field_path: String,
    /// By name.
    pub indicator_type: String,
    /// Whether it is in use.
    #[serde(default = "active")]
    pub is_active: bool,
}

const fn active() -> bool {
    true
}

/// A mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Its path is none.
    #[error(transparent)]
    Path(#[from] PathError),
    /// Its type is none.
    #[error("the field mapping of {path:?} has no known type")]
    Type {
        /// The path.
        path: String,
        /// The type as given.
        #[source]
        source: UnknownIndicatorType,
    },
    /// Its path is longer than what can be stored.
    #[error("the field path is longer than {limit} bytes")]
    TooLong {
        /// Bytes allowed.
        limit: usize,
    },
}

impl MappingRow {
    /// The mapping, once path and type are known to be usable.
    ///
    /// # Errors
    /// Says which of them is not.
    pub fn check(self) -> Result<FieldMapping, MappingError> {
        CatalogBuilder::new().want(&self.field_path, Want::Scalars)?;
        let indicator_type: IndicatorType =
            self.indicator_type
                .parse()
                .map_err(|source| MappingError::Type {
                    path: self.field_path.clone(),
                    source,
                })?;
        Ok(FieldMapping {
            path: self.field_path,
            indicator_type,
            active: self.is_active,
        })
    }
}

/// The mappings of a database that can be used, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Active and usable.
    pub mappings: Vec<FieldMapping>,
    /// One a mapping that was left out.
    pub problems: Vec<MappingError>,
}

/// Reads the active mappings.
///
/// # Errors
/// When Postgres does not answer.
pub async fn load(client: &Client) -> Result<Loaded, tokio_postgres::Error> {
    let mut loaded = Loaded::default();
    for row in client.query(ACTIVE, &[]).await? {
        let row = MappingRow {
            field_path: row.get(0),
            indicator_type: row.get(1),
            is_active: true,
        };
        match row.check() {
            Ok(mapping) => loaded.mappings.push(mapping),
            Err(problem) => loaded.problems.push(problem),
        }
    }
    Ok(loaded)
}
