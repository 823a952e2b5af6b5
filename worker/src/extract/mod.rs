//! Which indicators a document holds. Reads the fields of one table ([`fields`]) and of custom mappings,
//! never the text of the whole document: an alert of Elastic Defend has dozens of digests that are none.
//! Every value kept is valid and canonical for its type; everything else is dropped and counted by
//! reason. Pure: no clock, no I/O, the same result for any order of keys.

mod account;
mod classify;
mod content;
mod domain;
mod email;
pub mod fields;
mod gather;
mod hash;
mod ip;
mod list;
mod mapping;
mod noise;
mod pairs;
mod refang;
mod row;
mod scope;
mod sysmon;
mod tally;
mod terms;
#[cfg(test)]
mod tests;
mod threat_intel;
mod url;

use std::borrow::Cow;

use serde::Serialize;

pub use self::content::Content;
pub use self::mapping::{FieldMapping, RegisterError};
pub use self::row::Field;
pub use self::tally::{Dropped, Mended, Reason, Tally};

use self::gather::{Gather, Origin};
use self::pairs::{Named, Pairs};
use self::terms::Terms;
use self::threat_intel::Matches;
use crate::fields::{CatalogBuilder, PathId, Reading, Want};
use crate::indicator::{Indicator, Role};

/// The indicators of one document, and what was left out or mended on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Extraction {
    /// Sorted by type, then value; one each.
    pub indicators: Vec<Indicator>,
    /// How many values became none, by reason.
    pub dropped: Tally<Dropped>,
    /// How many values were changed to be canonical, by reason.
    pub mended: Tally<Mended>,
}

/// Reads indicators; made once for a catalog and used for every document.
#[derive(Debug)]
pub struct Extractor {
    fields: Vec<Wanted>,
    named: Named,
    terms: Terms,
    matches: Matches,
}

#[derive(Debug)]
struct Wanted {
    path: Cow<'static, str>,
    id: PathId,
    content: Content,
    role: Role,
}

impl Extractor {
    /// Wants every field of the table and of the active `mappings` from the catalog.
    pub fn register(
        catalog: &mut CatalogBuilder,
        mappings: &[FieldMapping],
    ) -> Result<Self, RegisterError> {
        let mut extractor = Self {
            fields: Vec::new(),
            named: Named::new(),
            terms: Terms::register(catalog)?,
            matches: Matches::register(catalog)?,
        };
        for field in fields::all() {
            let path = Cow::Borrowed(field.path);
            let id = catalog.want(field.path, Want::Scalars)?;
            extractor.fields.push(Wanted {
                path,
                id,
                content: field.content,
                role: field.role,
            });
        }
        for mapping in mappings.iter().filter(|mapping| mapping.active) {
            let path = Cow::Owned(mapping.path.clone());
            let id = catalog.want(&mapping.path, Want::Scalars)?;
            let content = mapping.indicator_type.into();
            extractor.fields.push(Wanted {
                path,
                id,
                content,
                role: Role::Custom,
            });
        }
        let wanted = extractor
            .fields
            .iter()
            .map(|field| (&field.path, field.content, field.role));
        // The table comes first, and wins over a mapping of the same path.
        for (path, content, role) in wanted {
            extractor
                .named
                .entry(path.clone())
                .or_insert((content, role));
        }
        for field in fields::NAMED_ONLY {
            extractor
                .named
                .entry(field.path.into())
                .or_insert((field.content, field.role));
        }
        Ok(extractor)
    }

    /// The indicators of a document that the catalog of [`Self::register`] read.
    pub fn extract(&self, reading: &Reading<'_>) -> Extraction {
        // Values of pairs are copies from parts of the document; what is gathered borrows from them.
        let mut pairs = Pairs::new(&self.named);
        self.terms.read(reading, &mut pairs);
        self.matches.read(reading, &mut pairs);

        let mut gather = Gather::new();
        for (index, field) in self.fields.iter().enumerate() {
            let origin = Origin {
                field: index,
                role: field.role,
            };
            for scalar in reading.scalars(field.id) {
                gather.offer(field.content, scalar.as_text(), origin);
            }
            let beyond = reading.beyond(field.id);
            if beyond > 0 {
                gather.dropped.add_many(Dropped::TooMany, beyond);
            }
        }
        for pair in &pairs.found {
            let origin = Origin {
                field: self.fields.len() + pair.place,
                role: pair.role,
            };
            gather.offer(pair.content, &pair.value, origin);
        }
        gather.dropped.add_many(Dropped::Unpaired, pairs.unpaired);
        gather.dropped.add_many(Dropped::TooMany, pairs.beyond);
        let (indicators, dropped, mended) = gather.fold(|index| self.path(index));
        Extraction {
            indicators,
            dropped,
            mended,
        }
    }

    /// The path of a field by its number; those after the wanted ones are named inside the document.
    fn path(&self, index: usize) -> Cow<'static, str> {
        match self.fields.get(index) {
            Some(field) => field.path.clone(),
            None => fields::NAMED_INSIDE
                .get(index - self.fields.len())
                .map_or(Cow::Borrowed(""), |(path, _)| Cow::Borrowed(*path)),
        }
    }
}
