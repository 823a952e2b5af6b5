//! A threat block: a tactic and its techniques in some framework, mostly MITRE ATT&CK. Ids and names are each optional,
//! since prebuilt rules leave out techniques and third parties leave out ids.

use serde::Serialize;

/// One tactic with its techniques.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Threat {
    /// The framework's name as sent, such as `MITRE ATT&CK`.
    pub framework: Option<String>,
    /// The tactic.
    pub tactic: Option<Tactic>,
    /// The techniques, in order.
    pub techniques: Vec<Technique>,
}

/// A tactic.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Tactic {
    /// Such as `TA0006`.
    pub id: Option<String>,
    /// Such as `Credential Access`.
    pub name: Option<String>,
    /// A link.
    pub reference: Option<String>,
}

/// A technique or a subtechnique; the latter has none below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct Technique {
    /// Such as `T1110` or `T1110.003`.
    pub id: Option<String>,
    /// Such as `Brute Force`.
    pub name: Option<String>,
    /// A link.
    pub reference: Option<String>,
    /// The subtechniques, in order.
    pub subtechniques: Vec<Technique>,
}

impl Threat {
    /// Whether the block is of MITRE ATT&CK: its ids are ATT&CK ids. A block that names no framework is.
    pub fn is_attack(&self) -> bool {
        self.framework.as_deref().is_none_or(|framework| {
            let name = framework.to_ascii_lowercase();
            name.trim() == "mitre"
                || ["att&ck", "att&amp;ck", "mitre attack"]
                    .iter()
                    .any(|known| name.contains(known))
        })
    }

    /// Whether the block says nothing about a tactic or technique.
    pub fn is_empty(&self) -> bool {
        self.tactic.is_none() && self.techniques.is_empty()
    }
}
