//! Which alert mentions which indicator, and where: one row an alert, sent by COPY.
//!
//! Its arrays have one place for every field that an indicator was read from; the view
//! `alert_indicators` shows a row for each link.

use deadpool_postgres::Transaction;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{Placed, StoreError, columns::Text, copy::CopyIn};

const COPY: &str = "COPY alert_links (alert_uuid, indicator_ids, fields, roles) FROM STDIN BINARY";
static TYPES: [Type; 4] = [
    Type::UUID,
    Type::UUID_ARRAY,
    Type::TEXT_ARRAY,
    Type::TEXT_ARRAY,
];

/// Copies the links of all alerts that mention an indicator.
pub(super) async fn copy(
    transaction: &Transaction<'_>,
    alerts: &[&Placed<'_>],
) -> Result<(), StoreError> {
    let linked = |placed: &&&Placed<'_>| !placed.record.extraction.indicators.is_empty();
    let linked: Vec<&&Placed<'_>> = alerts.iter().filter(linked).collect();
    if linked.is_empty() {
        return Ok(());
    }
    let mut copy = CopyIn::start(transaction, COPY, &TYPES).await?;
    let (mut ids, mut fields, mut roles): (Vec<Uuid>, Vec<Text<'_>>, Vec<&str>) =
        (Vec::new(), Vec::new(), Vec::new());
    for placed in linked {
        let alert = placed.record;
        ids.clear();
        fields.clear();
        roles.clear();
        for indicator in &alert.extraction.indicators {
            for source in &indicator.sources {
                ids.push(indicator.id);
                fields.push(Text(&source.field));
                roles.push(source.role.as_str());
            }
        }
        copy.row(&[&alert.uuid, &ids, &fields, &roles]).await?;
    }
    copy.finish().await?;
    Ok(())
}
