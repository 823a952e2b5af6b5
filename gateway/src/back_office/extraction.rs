//! `POST /v1/indicator-mappings/test-extraction`: what one document would give, pass by pass. Nothing is stored.
//!
//! The mappings are those of the request, or the saved ones. A value that a pass dropped is counted by its
//! reason, so that an analyst sees why a field gives nothing.

use std::{collections::BTreeMap, time::Instant};

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, ReqData},
};
use calseta_shared::source::Source;
use calseta_worker::{
    indicator::Indicator,
    mappings::{self, MappingRow, Pass, PassesError, passes},
};
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::{BackOffice, admitted, invalid, mapping_shape::known_source};
use crate::{
    app::Gateway,
    error::{Cause, Refusal},
    observe::RequestId,
    request::{answer, fields},
};

/// A document, and the mappings to try.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExtractionTest)]
pub(crate) struct Test {
    /// `elastic`, or nothing.
    source_name: Option<String>,
    /// A body with one alert, in any shape that the ingest path takes.
    #[schema(value_type = Object)]
    raw_payload: Box<RawValue>,
    /// Mappings to try instead of the saved ones: `field_path`, `indicator_type`, `is_active`.
    #[schema(value_type = Option<Vec<Object>>)]
    mappings: Option<Vec<MappingRow>>,
}

/// What it gave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExtractionTested)]
pub(crate) struct Tested {
    success: bool,
    source_name: &'static str,
    passes: Vec<TestedPass>,
    deduplicated: Vec<Found>,
    deduplicated_count: usize,
    /// The alert, normalized.
    #[schema(value_type = Object)]
    normalization_preview: Box<RawValue>,
    error_message: Option<String>,
    duration_ms: u128,
}

/// What one pass gave.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExtractionPass)]
struct TestedPass {
    /// `built_in` or `custom`.
    pass_name: &'static str,
    pass_label: &'static str,
    indicators: Vec<Found>,
    /// Values that became no indicator, by reason.
    dropped: BTreeMap<&'static str, u32>,
    error: Option<String>,
}

/// One indicator, once a field that holds it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExtractedIndicator)]
struct Found {
    r#type: &'static str,
    value: String,
    source_field: Option<String>,
}

pub(super) async fn test(
    request: HttpRequest,
    stream: web::Payload,
    gateway: Data<Gateway>,
    request_id: ReqData<RequestId>,
) -> Result<HttpResponse, Refusal> {
    let (office, _) = admitted(&gateway, &request).await?;
    let wanted: Test = fields(&gateway, &request, stream).await?;
    known_source(wanted.source_name.as_deref())?;
    let aside = office.clone();
    let tested = aside.aside(async move { tried(&office, wanted).await });
    Ok(answer(HttpResponse::Ok(), tested.await?, &request_id))
}

async fn tried(office: &BackOffice, wanted: Test) -> Result<Tested, Refusal> {
    let mappings = match wanted.mappings {
        Some(rows) => {
            let checked = rows.into_iter().map(MappingRow::check);
            checked.collect::<Result<_, _>>()?
        }
        None => mappings::load(&**office.pool.get().await?).await?.mappings,
    };
    let started = Instant::now();
    let found = passes(
        wanted.raw_payload.get().as_bytes(),
        &mappings,
        office.limits,
    )?;
    let deduplicated: Vec<Found> = found.together.indicators.iter().map(first_field).collect();
    let preview = to_raw_value(&found.alert).map_err(|error| {
        tracing::error!(%error, "a normalized alert cannot be written as JSON");
        Refusal::new(Cause::Internal)
    })?;
    Ok(Tested {
        success: true,
        source_name: Source::Elastic.name(),
        passes: vec![
            shown("built_in", "Built-in fields", found.built_in),
            shown("custom", "Custom field mappings", found.custom),
        ],
        deduplicated_count: deduplicated.len(),
        deduplicated,
        normalization_preview: preview,
        error_message: None,
        duration_ms: started.elapsed().as_millis(),
    })
}

fn shown(pass_name: &'static str, pass_label: &'static str, pass: Pass) -> TestedPass {
    let found = pass.indicators.iter().flat_map(|indicator| {
        indicator.sources.iter().map(|source| Found {
            source_field: Some(source.field.to_string()),
            ..first_field(indicator)
        })
    });
    TestedPass {
        pass_name,
        pass_label,
        indicators: found.collect(),
        dropped: pass.dropped.into_iter().collect(),
        error: None,
    }
}

fn first_field(indicator: &Indicator) -> Found {
    Found {
        r#type: indicator.indicator_type.as_str(),
        value: indicator.value.clone(),
        source_field: indicator
            .sources
            .first()
            .map(|source| source.field.to_string()),
    }
}

impl From<PassesError> for Refusal {
    fn from(error: PassesError) -> Self {
        match error {
            PassesError::Mappings(_) => invalid(error.to_string()),
            _ => Self::with_message(Cause::NotAnAlert, format!("raw_payload: {error}")),
        }
    }
}
