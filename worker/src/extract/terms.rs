//! Values a rule grouped, suppressed or found new by. A threshold alert copies no event, so an address
//! it grouped by may be here and nowhere else. Each value has the name of its field beside it or, for new
//! terms and old threshold rules, in the rule's parameters; without a name it is not taken.

use super::mapping::RegisterError;
use super::pairs::{PairReader, Pairs, Place};
use crate::fields::{Catalog, CatalogBuilder, PathId, Reading, Scalar, Want};

const NEW_TERMS: Place = Place {
    index: 3,
    role: None,
};
const OLD_THRESHOLD: Place = Place {
    index: 4,
    role: None,
};

/// Reads the values of all kinds of terms.
#[derive(Debug)]
pub(super) struct Terms {
    lists: [PairReader; 3],
    new_values: PathId,
    new_fields: [PathId; 2],
    /// The fields API gives the rule's parameters as JSON in a string.
    parameters: PathId,
    inside_parameters: Catalog,
    inside_fields: PathId,
    old_threshold: (PathId, PathId),
}

impl Terms {
    pub(super) fn register(catalog: &mut CatalogBuilder) -> Result<Self, RegisterError> {
        let mut list = |index, path| {
            let place = Place { index, role: None };
            PairReader::register(catalog, place, path, ("field", "value"))
        };
        let lists = [
            list(0, "kibana.alert.threshold_result.terms")?,
            list(1, "signal.threshold_result.terms")?,
            list(2, "kibana.alert.suppression.terms")?,
        ];
        let mut inside = CatalogBuilder::new();
        let inside_fields = inside.want("new_terms_fields", Want::Scalars)?;
        let mut want = |path| catalog.want(path, Want::Scalars);
        Ok(Self {
            lists,
            new_values: want("kibana.alert.new_terms")?,
            new_fields: [
                want("kibana.alert.rule.parameters.new_terms_fields")?,
                want("kibana.alert.rule.new_terms_fields")?,
            ],
            parameters: want("kibana.alert.rule.parameters")?,
            inside_parameters: inside.build(),
            inside_fields,
            old_threshold: (
                want("signal.rule.threshold.field")?,
                want("signal.threshold_result.value")?,
            ),
        })
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Pairs<'_>) {
        for list in &self.lists {
            list.read(reading, pairs);
        }
        self.read_new_terms(reading, pairs);
        let (field, value) = self.old_threshold;
        pairs.join_at(OLD_THRESHOLD, (reading, field), (reading, value));
    }

    fn read_new_terms(&self, reading: &Reading<'_>, pairs: &mut Pairs<'_>) {
        let values = (reading, self.new_values);
        if reading.scalars(self.new_values).is_empty() {
            return;
        }
        let has_fields = |path: &PathId| !reading.scalars(*path).is_empty();
        if let Some(fields) = self.new_fields.into_iter().find(has_fields) {
            return pairs.join_at(NEW_TERMS, (reading, fields), values);
        }
        let text = reading.first(self.parameters).map(Scalar::as_text);
        let inside = text.and_then(|text| self.inside_parameters.read(text).ok());
        let inside = inside.unwrap_or_default();
        pairs.join_at(NEW_TERMS, (&inside, self.inside_fields), values);
    }
}
