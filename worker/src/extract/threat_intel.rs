//! The value that matched an indicator of threat intelligence: `matched.atomic`, which is of the field
//! that `matched.field` names. The best indicator a threat match alert has, and the only one when the
//! indicator itself is empty. The other parts of an indicator are plain fields of the table.

use super::mapping::RegisterError;
use super::pairs::{Pair, PairReader};
use crate::fields::{CatalogBuilder, Reading};
use crate::indicator::Role;

/// Reads the matches of `threat.enrichments`, and of `threat.indicator` as it was up to 7.14.
#[derive(Debug)]
pub(super) struct Matches([PairReader; 2]);

impl Matches {
    pub(super) fn register(catalog: &mut CatalogBuilder) -> Result<Self, RegisterError> {
        let names = ("matched.field", "matched.atomic");
        let mut pairs = |place, list| {
            PairReader::register(catalog, (place, Some(Role::ThreatIntel)), list, names)
        };
        Ok(Self([
            pairs(5, "threat.enrichments")?,
            pairs(6, "threat.indicator")?,
        ]))
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Vec<Pair>, unpaired: &mut usize) {
        for matches in &self.0 {
            matches.read(reading, pairs, unpaired);
        }
    }
}
