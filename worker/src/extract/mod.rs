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
mod mapping;
mod noise;
mod pairs;
mod refang;
mod scope;
mod sysmon;
mod tally;
mod terms;
#[cfg(test)]
mod tests;
mod threat_intel;
mod url;

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Serialize;

pub use self::content::Content;
pub use self::mapping::{FieldMapping, RegisterError};
pub use self::tally::{Dropped, Mended, Reason, Tally};

use self::gather::{Gather, Origin};
use self::pairs::Pair;
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
    /// What a field named inside the document holds.
    named: HashMap<Cow<'static, str>, (Content, Role)>,
    terms: Terms,
    matches: Matches,
}

#[derive(Debug)]
struct Wanted {
    path: Cow<'static, str>,
    /// None for values that [`Terms`] and [`Matches`] read.
    id: Option<PathId>,
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
            named: HashMap::new(),
            terms: Terms::register(catalog)?,
            matches: Matches::register(catalog)?,
        };
        for field in fields::all() {
            let path = Cow::Borrowed(field.path);
            let id = Some(catalog.want(field.path, Want::Scalars)?);
            extractor.fields.push(Wanted {
                path,
                id,
                content: field.content,
                role: field.role,
            });
        }
        for mapping in mappings.iter().filter(|mapping| mapping.active) {
            let path = Cow::Owned(mapping.path.clone());
            let id = Some(catalog.want(&mapping.path, Want::Scalars)?);
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
        for path in pairs::PLACES {
            let (path, id) = (Cow::Borrowed(*path), None);
            let (content, role) = (Content::Address, Role::Custom);
            extractor.fields.push(Wanted {
                path,
                id,
                content,
                role,
            });
        }
        Ok(extractor)
    }

    /// The indicators of a document that the catalog of [`Self::register`] read.
    pub fn extract(&self, reading: &Reading<'_>) -> Extraction {
        // Values of pairs are read from parts of the document, so they must live before what borrows.
        let (mut pairs, mut unpaired) = (Vec::new(), 0);
        self.terms.read(reading, &mut pairs, &mut unpaired);
        self.matches.read(reading, &mut pairs, &mut unpaired);

        let mut gather = Gather::default();
        for (index, field) in self.fields.iter().enumerate() {
            let Some(id) = field.id else { continue };
            let origin = Origin {
                field: index,
                role: field.role,
            };
            for scalar in reading.scalars(id) {
                gather.offer(field.content, scalar.as_text(), origin);
            }
        }
        for pair in &pairs {
            self.offer_pair(&mut gather, pair);
        }
        for _ in 0..unpaired {
            gather.dropped.add(Dropped::Unpaired);
        }
        let folded = gather.fold(|index| self.fields[index].path.clone());
        let (indicators, dropped, mended) = (folded.indicators, folded.dropped, folded.mended);
        Extraction {
            indicators,
            dropped,
            mended,
        }
    }

    /// A value with the name of its field: what the table says of the field holds for the value. Fields
    /// the table does not know give no indicators, and are not counted.
    fn offer_pair<'a>(&self, gather: &mut Gather<'a>, pair: &'a Pair) {
        let Some((content, role)) = self.named.get(pair.field.as_str()) else {
            return;
        };
        let first_place = self.fields.len() - pairs::PLACES.len();
        let role = pair.role.unwrap_or(*role);
        gather.offer(
            *content,
            &pair.value,
            Origin {
                field: first_place + pair.place,
                role,
            },
        );
    }
}
