//! Values a rule grouped, suppressed or found new by. A threshold alert copies no event, so an address
//! it grouped by may be here and nowhere else. Each value has the name of its field beside it or, for new
//! terms and old threshold rules, in the rule's parameters; without a name it is not taken.

use super::mapping::RegisterError;
use super::pairs::{Pair, PairReader, pair_up};
use crate::fields::{Catalog, CatalogBuilder, PathId, Reading, Scalar, Want};

/// Positions in `PLACES`.
const NEW_TERMS: usize = 3;
const OLD_THRESHOLD: usize = 4;

/// Reads the values of all kinds of terms.
#[derive(Debug)]
pub(super) struct Terms {
    named: [PairReader; 3],
    new_terms: PathId,
    new_terms_fields: [PathId; 2],
    /// The fields API gives the rule's parameters as JSON in a string.
    parameters: PathId,
    parameters_text: Catalog,
    parameters_fields: PathId,
    old_threshold: (PathId, PathId),
}

impl Terms {
    pub(super) fn register(catalog: &mut CatalogBuilder) -> Result<Self, RegisterError> {
        let mut pairs =
            |place, list| PairReader::register(catalog, (place, None), list, ("field", "value"));
        let named = [
            pairs(0, "kibana.alert.threshold_result.terms")?,
            pairs(1, "signal.threshold_result.terms")?,
            pairs(2, "kibana.alert.suppression.terms")?,
        ];
        let mut inside = CatalogBuilder::new();
        let parameters_fields = inside.want("new_terms_fields", Want::Scalars)?;
        let mut want = |path| catalog.want(path, Want::Scalars);
        Ok(Self {
            named,
            new_terms: want("kibana.alert.new_terms")?,
            new_terms_fields: [
                want("kibana.alert.rule.parameters.new_terms_fields")?,
                want("kibana.alert.rule.new_terms_fields")?,
            ],
            parameters: want("kibana.alert.rule.parameters")?,
            parameters_text: inside.build(),
            parameters_fields,
            old_threshold: (
                want("signal.rule.threshold.field")?,
                want("signal.threshold_result.value")?,
            ),
        })
    }

    pub(super) fn read(&self, reading: &Reading<'_>, pairs: &mut Vec<Pair>, unpaired: &mut usize) {
        for named in &self.named {
            named.read(reading, pairs, unpaired);
        }
        self.read_new_terms(reading, pairs, unpaired);
        let values = reading.scalars(self.old_threshold.1);
        if !values.is_empty() {
            let fields = reading.scalars(self.old_threshold.0);
            pair_up((OLD_THRESHOLD, None), fields, values, pairs, unpaired);
        }
    }

    fn read_new_terms(&self, reading: &Reading<'_>, pairs: &mut Vec<Pair>, unpaired: &mut usize) {
        let values = reading.scalars(self.new_terms);
        if values.is_empty() {
            return;
        }
        let mut join = |fields: &[Scalar<'_>]| {
            pair_up((NEW_TERMS, None), fields, values, pairs, unpaired);
        };
        let fields = self.new_terms_fields.map(|path| reading.scalars(path));
        if let Some(fields) = fields.into_iter().find(|fields| !fields.is_empty()) {
            return join(fields);
        }
        let text = reading.first(self.parameters).map(Scalar::as_text);
        match text.map(|text| self.parameters_text.read(text)) {
            Some(Ok(inside)) => join(inside.scalars(self.parameters_fields)),
            _ => join(&[]),
        }
    }
}
