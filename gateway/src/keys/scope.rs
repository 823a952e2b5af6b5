//! What a key may do: a closed list.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// One permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Scope {
    /// Send alerts.
    #[serde(rename = "alerts:write")]
    AlertsWrite,
    /// Ask what became of them.
    #[serde(rename = "alerts:read")]
    AlertsRead,
    /// Manage keys; implies the others.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope there is.
    pub const ALL: [Self; 3] = [Self::AlertsWrite, Self::AlertsRead, Self::Admin];

    /// The name in rows, answers and arguments.
    pub fn name(self) -> &'static str {
        match self {
            Self::AlertsWrite => "alerts:write",
            Self::AlertsRead => "alerts:read",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The name is none of [`Scope::ALL`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown scope {0:?}: known are alerts:write, alerts:read, admin")]
pub struct UnknownScope(String);

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.name() == name)
            .ok_or_else(|| UnknownScope(name.into()))
    }
}
