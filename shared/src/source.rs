//! The closed list of senders Calseta Ingest knows, by the last segment of their path.
//!
//! An unknown name is refused at the door with 404 `UNKNOWN_SOURCE`, so a stored row never holds one.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Who sent a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Elastic Security (Kibana) detection alerts.
    Elastic,
}

impl Source {
    /// Every source there is.
    pub const ALL: [Self; 1] = [Self::Elastic];

    /// The name in paths, headers and rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Elastic => "elastic",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name is none of [`Source::ALL`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown source {name:?}: known is \"elastic\"")]
pub struct UnknownSource {
    /// The name as it was given.
    pub name: String,
}

impl FromStr for Source {
    type Err = UnknownSource;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|source| source.name() == name)
            .ok_or_else(|| UnknownSource { name: name.into() })
    }
}
