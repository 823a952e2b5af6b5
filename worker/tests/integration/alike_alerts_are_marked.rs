//! Alike alerts point to the first of their window, in whatever batches they come.

use std::collections::HashMap;

use calseta_worker::record::Record;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    database::Database,
    letters::{alert, envelope, interpreter, store},
};

fn record(id: &str, title: &str) -> Record {
    interpreter().record(envelope(&alert(id, title)))
}

async fn duplicates(database: &Database) -> anyhow::Result<HashMap<Uuid, Option<Uuid>>> {
    let client = database.pool.get().await?;
    let rows = client
        .query("SELECT uuid, duplicate_of FROM alerts", &[])
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

#[tokio::test]
async fn an_alike_alert_points_to_the_first_of_its_window() -> anyhow::Result<()> {
    let database = Database::create().await?;
    let store = store(&database);
    let now = OffsetDateTime::now_utc();
    let [first, same_batch, other, next_batch, next_day, after_it] = [
        record("1", "A"),
        record("2", "A"),
        record("3", "B"),
        record("4", "A"),
        record("5", "A"),
        record("6", "A"),
    ];
    store.insert(&[&first, &same_batch, &other], now).await?;
    store.insert(&[&next_batch], now).await?;
    store
        .insert(&[&next_day], now + Duration::hours(25))
        .await?;
    store
        .insert(&[&after_it], now + Duration::hours(26))
        .await?;
    let uuid = |record: &Record| record.alerts[0].uuid;
    let expected = HashMap::from([
        (uuid(&first), None),
        (uuid(&same_batch), Some(uuid(&first))),
        (uuid(&other), None),
        (uuid(&next_batch), Some(uuid(&first))),
        (uuid(&next_day), None),
        (uuid(&after_it), Some(uuid(&next_day))),
    ]);
    assert_eq!(duplicates(&database).await?, expected);
    Ok(())
}
