//! The sample alerts: posted signed to a running stack, waited for, and shown as they were stored.
//!
//! Succeeds only when every one was accepted and is stored as an alert, or was before.

mod bodies;
mod stored;
mod view;

use std::time::Duration;

use anyhow::{bail, ensure};
use bytes::Bytes;

use crate::{
    client::{Accepted, Client},
    database,
    report::{self, table},
    send::Receipt,
    settings::Settings,
    verify::verify,
};

/// How long the pipeline may take for the six of them.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the whole of it.
///
/// # Errors
/// When an alert was not accepted, or is not stored in time.
pub async fn run(settings: &Settings) -> anyhow::Result<()> {
    let key = settings.api_key()?.to_owned();
    let client = Client::new(&settings.gateway()?, Some(key), settings.signature());
    let database = database::connect(&settings.database()?).await?;
    let accepted = post(&client).await?;
    let receipts: Vec<Receipt> = accepted
        .iter()
        .map(|accepted| Receipt {
            id: accepted.receipt_id,
            documents: accepted.documents,
        })
        .collect();
    report::progress("waiting until they are stored …");
    let ledger = verify(&database, &receipts, PATIENCE).await?;
    if !ledger.is_complete() || ledger.dead > 0 {
        report::result(&ledger.table());
        bail!("not every sample alert was stored within {PATIENCE:?}: see the logs of the workers");
    }
    let uuids: Vec<_> = accepted
        .into_iter()
        .flat_map(|accepted| accepted.alert_uuids)
        .collect();
    let alerts = stored::load(&database, &uuids).await?;
    ensure!(
        alerts.len() == bodies::ALL.len(),
        "stored, but not found again"
    );
    report::result(&format!("\n{}", view::table(&alerts)));
    report::result(&format!(
        "{} stored, {} of them sent before; {} indicators",
        alerts.len(),
        ledger.duplicates,
        alerts
            .iter()
            .map(|alert| alert.indicators.len())
            .sum::<usize>(),
    ));
    Ok(())
}

async fn post(client: &Client) -> anyhow::Result<Vec<Accepted>> {
    let mut table = table(["sample", "bytes", "status", "receipt"]);
    let mut all = Vec::new();
    let mut refused = 0;
    for (name, body) in bodies::ALL {
        let answer = client.post(Bytes::from_static(body.as_bytes())).await?;
        let outcome = answer.accepted();
        let shown = match &outcome {
            Some(accepted) => accepted.receipt_id.to_string(),
            None => answer.json()["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        };
        table.add_row([
            name.to_owned(),
            body.len().to_string(),
            answer.status.to_string(),
            shown,
        ]);
        refused += usize::from(outcome.is_none());
        all.extend(outcome);
    }
    report::result(&table.to_string());
    ensure!(
        refused == 0,
        "{refused} of {} sample alerts were not accepted",
        bodies::ALL.len()
    );
    Ok(all)
}
