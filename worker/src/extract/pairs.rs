//! Values that come with the name of their field: `{field, value}` objects in a list, or, from the fields
//! API, one list of fields beside one of values. A pair is only made where it is certain: one field for
//! all values, or as many fields as values. Anything else is counted as unpaired, never guessed.
//! Every name is looked up once, so a long name beside many values costs no more than its length.

use std::borrow::Cow;
use std::collections::HashMap;

use super::content::Content;
use super::mapping::RegisterError;
use crate::fields::{Catalog, CatalogBuilder, PathId, Reading, Scalar, Want};
use crate::indicator::Role;

/// What a field named inside the document holds.
pub(super) type Named = HashMap<Cow<'static, str>, (Content, Role)>;

/// Where pairs come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    /// Position in `fields::NAMED_INSIDE`.
    pub(super) index: usize,
    /// The role, where it is not that of the field.
    pub(super) role: Option<Role>,
}

/// One value, with what the table says of its field.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) value: String,
    pub(super) content: Content,
    pub(super) role: Role,
    pub(super) place: usize,
}

/// The pairs of one document. Values of fields the table does not know are passed over.
#[derive(Debug)]
pub(super) struct Pairs<'n> {
    named: &'n Named,
    pub(super) found: Vec<Pair>,
    pub(super) unpaired: usize,
    /// Values that were too many to be read.
    pub(super) beyond: usize,
}

impl<'n> Pairs<'n> {
    pub(super) fn new(named: &'n Named) -> Self {
        Self {
            named,
            found: Vec::new(),
            unpaired: 0,
            beyond: 0,
        }
    }

    /// Joins the fields at one path with the values at another, `(from, field, value)`. Of lists that were cut it is
    /// not certain.
    pub(super) fn join_at(
        &mut self,
        place: Place,
        fields: (&Reading<'_>, PathId),
        values: (&Reading<'_>, PathId),
    ) {
        let beyond = values.0.beyond(values.1);
        self.beyond += beyond;
        let found = values.0.scalars(values.1);
        if beyond + fields.0.beyond(fields.1) > 0 {
            self.unpaired += found.len();
        } else if !found.is_empty() {
            self.join(place, fields.0.scalars(fields.1), found);
        }
    }

    /// Joins fields and values where it is certain which belongs to which.
    fn join(&mut self, place: Place, fields: &[Scalar<'_>], values: &[Scalar<'_>]) {
        match fields {
            [field] => {
                if let Some(known) = self.known(field.as_text()) {
                    for value in values {
                        self.push(place, known, value);
                    }
                }
            }
            _ if fields.len() == values.len() => {
                for (field, value) in fields.iter().zip(values) {
                    if let Some(known) = self.known(field.as_text()) {
                        self.push(place, known, value);
                    }
                }
            }
            _ => self.unpaired += values.len(),
        }
    }

    fn push(&mut self, place: Place, (content, role): (Content, Role), value: &Scalar<'_>) {
        self.found.push(Pair {
            value: value.as_text().to_owned(),
            content,
            role: place.role.unwrap_or(role),
            place: place.index,
        });
    }

    /// A multi-field such as `user.name.text` holds what its parent holds.
    fn known(&self, field: &str) -> Option<(Content, Role)> {
        let field = field.trim();
        let parent = || {
            [".keyword", ".text", ".caseless"]
                .iter()
                .find_map(|last| field.strip_suffix(last))
        };
        self.named
            .get(field)
            .or_else(|| self.named.get(parent()?))
            .copied()
    }
}

/// Reads the pairs at one place, in whichever form they are.
#[derive(Debug)]
pub(super) struct PairReader {
    place: Place,
    list: PathId,
    flat: (PathId, PathId),
    element: Catalog,
    inside: (PathId, PathId),
}

impl PairReader {
    /// Pairs at `list`, whose elements have their parts at the paths `names`: field, then value.
    pub(super) fn register(
        catalog: &mut CatalogBuilder,
        place: Place,
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
        let list = catalog.want(list, Want::Objects)?;
        Ok(Self {
            place,
            list,
            flat,
            element: element.build(),
            inside,
        })
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Pairs<'_>) {
        let (fields, values) = (reading.scalars(self.flat.0), reading.scalars(self.flat.1));
        if values.is_empty() {
            return;
        }
        let whole = reading.beyond(self.flat.0) + reading.beyond(self.flat.1) == 0;
        if whole && fields.len() == values.len() && fields.windows(2).all(|two| two[0] == two[1]) {
            // One field throughout: no need to look which value is beside which name.
            return pairs.join(self.place, fields, values);
        }
        let mut any = false;
        for element in reading.subtrees(self.list) {
            any |= self.read_element(element, pairs);
        }
        if any {
            pairs.beyond += reading.beyond(self.flat.1);
        } else {
            pairs.join_at(self.place, (reading, self.flat.0), (reading, self.flat.1));
        }
    }

    /// Whether the element has a value, paired or not.
    fn read_element(&self, text: &str, pairs: &mut Pairs<'_>) -> bool {
        // An empty object holds nothing, and a part of a document that was read is JSON.
        let Some(Ok(reading)) = (text.len() > 2).then(|| self.element.read(text)) else {
            return false;
        };
        if reading.scalars(self.inside.1).is_empty() {
            return false;
        }
        pairs.join_at(
            self.place,
            (&reading, self.inside.0),
            (&reading, self.inside.1),
        );
        true
    }
}
