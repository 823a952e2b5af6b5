//! The value that matched an indicator of threat intelligence: `matched.atomic`, which is of the field
//! that `matched.field` names. The best indicator a threat match alert has, and the only one when the
//! indicator itself is empty. The other parts of an indicator are plain fields of the table.

use super::mapping::RegisterError;
use super::pairs::{PairReader, Pairs, Place};
use crate::fields::{CatalogBuilder, Reading};
use crate::indicator::Role;

/// Reads the matches of `threat.enrichments`, and of `threat.indicator` as it was up to 7.14.
#[derive(Debug)]
pub(super) struct Matches([PairReader; 2]);

impl Matches {
    pub(super) fn register(catalog: &mut CatalogBuilder) -> Result<Self, RegisterError> {
        let mut list = |index, path| {
            let place = Place {
                index,
                role: Some(Role::ThreatIntel),
            };
            PairReader::register(catalog, place, path, ("matched.field", "matched.atomic"))
        };
        Ok(Self([
            list(5, "threat.enrichments")?,
            list(6, "threat.indicator")?,
        ]))
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Pairs<'_>) {
        for matches in &self.0 {
            matches.read(reading, pairs);
        }
    }
}
