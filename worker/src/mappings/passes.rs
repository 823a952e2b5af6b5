//! What one document gives, by the built-in fields and by custom mappings apart. Pure.
//!
//! A value that both find is shown in both; together they are what the worker would store.

use calseta_shared::payload::{Limits, PayloadError};

use crate::{
    alert::Alert,
    extract::{Dropped, Extraction, FieldMapping, Reason, RegisterError, Tally},
    fields::ReadError,
    indicator::{Indicator, Role},
    interpret::Interpreter,
};

/// What one document gives.
#[derive(Debug)]
pub struct Passes {
    /// The document, normalized.
    pub alert: Alert,
    /// All of it, as the worker would store it.
    pub together: Extraction,
    /// By the built-in fields alone.
    pub built_in: Pass,
    /// By the custom mappings alone.
    pub custom: Pass,
}

/// What some of the fields give.
#[derive(Debug)]
pub struct Pass {
    /// With the fields of this pass only.
    pub indicators: Vec<Indicator>,
    /// Values that became none, by reason.
    pub dropped: Vec<(&'static str, u32)>,
}

/// The document gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum PassesError {
    /// It is no alert, or none that can be read.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// Its fields cannot be read.
    #[error(transparent)]
    Document(#[from] ReadError),
    /// It is more than one, or none.
    #[error("one alert is wanted, {found} are in it")]
    Count {
        /// How many.
        found: usize,
    },
    /// The mappings cannot be used together.
    #[error(transparent)]
    Mappings(#[from] RegisterError),
}

/// Reads a body that holds one alert.
///
/// # Errors
/// When it does not, or the mappings cannot be used together.
pub fn passes(
    body: &[u8],
    mappings: &[FieldMapping],
    limits: Limits,
) -> Result<Passes, PassesError> {
    let all = Interpreter::new(mappings, limits)?;
    let payload = all.read(body)?;
    let found = payload.documents.len() + payload.rejected.len();
    let [document] = payload.documents.as_slice() else {
        return Err(PassesError::Count { found });
    };
    let (alert, together) = all.document(document, None)?;
    let (_, built_in) = Interpreter::new(&[], limits)?.document(document, None)?;
    Ok(Passes {
        alert,
        built_in: Pass {
            dropped: dropped(&built_in.dropped, None),
            indicators: built_in.indicators,
        },
        custom: Pass {
            indicators: of_mappings(&together.indicators),
            dropped: dropped(&together.dropped, Some(&built_in.dropped)),
        },
        together,
    })
}

fn of_mappings(indicators: &[Indicator]) -> Vec<Indicator> {
    let custom = indicators.iter().cloned().map(|mut indicator| {
        indicator
            .sources
            .retain(|source| source.role == Role::Custom);
        indicator
    });
    custom
        .filter(|indicator| !indicator.sources.is_empty())
        .collect()
}

/// The counts, without those of `others`.
fn dropped(all: &Tally<Dropped>, others: Option<&Tally<Dropped>>) -> Vec<(&'static str, u32)> {
    let counts = all.iter().map(|(reason, count)| {
        let elsewhere = others.map_or(0, |others| others.get(reason));
        (reason.as_str(), count.saturating_sub(elsewhere))
    });
    counts.filter(|(_, count)| *count > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pass_shows_what_its_own_fields_give_and_drop() -> anyhow::Result<()> {
        let document =
            br#"{"kibana.alert.uuid":"a","kibana.alert.rule.name":"R","source.ip":"203.0.113.7",
            "destination.ip":"-","acme":{"seen":["203.0.113.7","203.0.113.9","10.0.0.0/8"]}}"#;
        let mappings = [FieldMapping {
            path: "acme.seen".into(),
            indicator_type: crate::indicator::IndicatorType::Ip,
            active: true,
        }];
        let found = passes(document, &mappings, Limits::default())?;
        assert_eq!(found.built_in.indicators.len(), 1);
        assert_eq!(found.custom.indicators.len(), 2);
        assert_eq!(found.together.indicators.len(), 2);
        assert_eq!(found.built_in.dropped, [("placeholder", 1)]);
        assert_eq!(found.custom.dropped, [("cidr", 1)]);
        Ok(())
    }
}
