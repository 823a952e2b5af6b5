//! Values that come with the name of their field: `{field, value}` objects in a list, or, from the fields
//! API, one list of fields beside one of values. A pair is only made where it is certain: one field for
//! all values, or as many fields as values. Anything else is counted as unpaired, never guessed.

use serde_json::value::RawValue;

use super::mapping::RegisterError;
use crate::fields::{Catalog, CatalogBuilder, PathId, Reading, Scalar, Want};
use crate::indicator::Role;

/// Where pairs come from, as they are named in an indicator's sources.
pub(super) const PLACES: &[&str] = &[
    "kibana.alert.threshold_result.terms",
    "signal.threshold_result.terms",
    "kibana.alert.suppression.terms",
    "kibana.alert.new_terms",
    "signal.threshold_result.value",
    "threat.enrichments.matched.atomic",
    "threat.indicator.matched.atomic",
];

/// One value and the field it is of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) field: String,
    pub(super) value: String,
    /// Its position in [`PLACES`].
    pub(super) place: usize,
    /// The role, where it is not that of the field.
    pub(super) role: Option<Role>,
}

/// Reads the pairs at one place, in whichever form they are.
#[derive(Debug)]
pub(super) struct PairReader {
    place: usize,
    role: Option<Role>,
    list: PathId,
    flat: (PathId, PathId),
    element: Catalog,
    inside: (PathId, PathId),
}

impl PairReader {
    /// Pairs at `list`, whose elements have their parts at the paths `names`: field, then value.
    pub(super) fn register(
        catalog: &mut CatalogBuilder,
        (place, role): (usize, Option<Role>),
        list: &str,
        names: (&str, &str),
    ) -> Result<Self, RegisterError> {
        let mut element = CatalogBuilder::new();
        let inside = (
            element.want(names.0, Want::Scalars)?,
            element.want(names.1, Want::Scalars)?,
        );
        let flat = (
            catalog.want(&format!("{list}.{}", names.0), Want::Scalars)?,
            catalog.want(&format!("{list}.{}", names.1), Want::Scalars)?,
        );
        let list = catalog.want(list, Want::Subtree)?;
        Ok(Self {
            place,
            role,
            list,
            flat,
            element: element.build(),
            inside,
        })
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Vec<Pair>, unpaired: &mut usize) {
        let values = reading.scalars(self.flat.1);
        if values.is_empty() {
            return;
        }
        let at = (self.place, self.role);
        let before = pairs.len() + *unpaired;
        for text in reading.subtrees(self.list) {
            match serde_json::from_str::<Vec<&RawValue>>(text) {
                Ok(elements) => {
                    for element in elements {
                        self.read_element(element.get(), pairs, unpaired);
                    }
                }
                Err(_) => self.read_element(text, pairs, unpaired),
            }
        }
        if pairs.len() + *unpaired == before {
            pair_up(at, reading.scalars(self.flat.0), values, pairs, unpaired);
        }
    }

    fn read_element(&self, text: &str, pairs: &mut Vec<Pair>, unpaired: &mut usize) {
        // The part was read once as JSON on the way here; were it none, it would hold no pair.
        let Ok(reading) = self.element.read(text) else {
            return;
        };
        let (fields, values) = (
            reading.scalars(self.inside.0),
            reading.scalars(self.inside.1),
        );
        pair_up((self.place, self.role), fields, values, pairs, unpaired);
    }
}

/// Joins fields and values where it is certain which belongs to which.
pub(super) fn pair_up(
    (place, role): (usize, Option<Role>),
    fields: &[Scalar<'_>],
    values: &[Scalar<'_>],
    pairs: &mut Vec<Pair>,
    unpaired: &mut usize,
) {
    let one = fields.len() == 1;
    if !one && fields.len() != values.len() {
        *unpaired += values.len();
        return;
    }
    for (index, value) in values.iter().enumerate() {
        let field = fields[if one { 0 } else { index }]
            .as_text()
            .trim()
            .to_owned();
        pairs.push(Pair {
            field,
            value: value.as_text().to_owned(),
            place,
            role,
        });
    }
}
