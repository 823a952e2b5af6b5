//! A custom field mapping: one more path to read, and what its values are. A path the field reader
//! cannot follow is refused with its text, when the mapping is made and not when alerts come.

use serde::{Deserialize, Serialize};

use crate::fields::PathError;
use crate::indicator::IndicatorType;

/// One custom mapping, against the document as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMapping {
    /// Dotted path; `*` stands for any one name.
    pub path: String,
    /// What the values are; content that proves to be another type is of that type.
    pub indicator_type: IndicatorType,
    /// Whether it is in use.
    #[serde(default = "in_use")]
    pub active: bool,
}

const fn in_use() -> bool {
    true
}

/// Fields that cannot be wanted from the document.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A path of the table or of a mapping is not one.
    #[error("a field to extract indicators from cannot be read, correct its path")]
    UnreadablePath(#[from] PathError),
}
