//! The extractor as a whole: documents in, indicators out. Cases by example, and what must hold for any.

mod bounds;
mod documents;
mod named_fields;
mod properties;

use super::{Extraction, Extractor, FieldMapping};
use crate::fields::CatalogBuilder;

/// Everything the extractor says of a document, with the mappings given.
fn extract_with(document: &str, mappings: &[FieldMapping]) -> anyhow::Result<Extraction> {
    let mut catalog = CatalogBuilder::new();
    let extractor = Extractor::register(&mut catalog, mappings)?;
    Ok(extractor.extract(&catalog.build().read(document)?))
}

fn extract(document: &str) -> anyhow::Result<Extraction> {
    extract_with(document, &[])
}

/// `type value role,role` of each indicator.
fn summary(extraction: &Extraction) -> Vec<String> {
    let line = |indicator: &crate::indicator::Indicator| {
        let roles: Vec<_> = indicator
            .sources
            .iter()
            .map(|source| source.role.as_str())
            .collect();
        format!(
            "{} {} {}",
            indicator.indicator_type.as_str(),
            indicator.value,
            roles.join(",")
        )
    };
    extraction.indicators.iter().map(line).collect()
}

/// `reason count` of all that was dropped.
fn drops(extraction: &Extraction) -> Vec<String> {
    use super::Reason as _;
    extraction
        .dropped
        .iter()
        .map(|(reason, count)| format!("{} {count}", reason.as_str()))
        .collect()
}
