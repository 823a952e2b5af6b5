//! One alert that Postgres refuses, among 500, costs its batch at most 2·log2(500) more statements.

use calseta_shared::dead_letter::Reason;
use calseta_worker::{
    record::Record,
    store::{Partitions, Seen, Store, Stored},
};
use time::OffsetDateTime;

use crate::{
    database::Database,
    letters::{alert, assert_reconciled, envelope, interpreter},
    start_waits::{server_of, with_server},
    wire::Wire,
};

const BATCH: usize = 500;
/// 2·log2(500).
const MOST_MORE: usize = 18;

fn batch(name: &str, bad: Option<usize>) -> Vec<Record> {
    let title = |number| if bad == Some(number) { "Bad" } else { "Good" };
    let bodies = (0..BATCH).map(|number| alert(&format!("{name}{number}"), title(number)));
    bodies
        .map(|body| interpreter().record(envelope(&body)))
        .collect()
}

/// As the writer does: what Postgres names is buried, and the batch is written again.
async fn write(store: &Store, records: &mut [Record]) -> anyhow::Result<Stored> {
    loop {
        let references: Vec<&Record> = records.iter().collect();
        let error = match store.insert(&references, OffsetDateTime::now_utc()).await {
            Ok(stored) => return Ok(stored),
            Err(error) => error,
        };
        let uuid = error.row().ok_or(error)?;
        let mut here = records.iter_mut();
        assert!(here.any(|record| record.bury(uuid, Reason::Constraint, "refused")));
    }
}

#[tokio::test]
async fn one_bad_among_500_costs_at_most_18_more_statements() -> anyhow::Result<()> {
    let database = Database::create().await?;
    database
        .run("ALTER TABLE alerts ADD CONSTRAINT not_bad CHECK (title <> 'Bad')")
        .await?;
    let wire = Wire::before(server_of(&database.url).to_owned()).await?;
    let mut config = database.config.database.clone();
    config.url = with_server(&database.url, &wire.address).into();
    let pool = config.pool("test")?;
    let window = database.config.store.fingerprint_window;
    let store = Store::new(pool, window, 1_000, Partitions::default(), Seen::default());

    // The first batch prepares what all others use.
    write(&store, &mut batch("first", None)).await?;
    wire.take();
    write(&store, &mut batch("good", None)).await?;
    let good = wire.take();
    let stored = write(&store, &mut batch("bad", Some(317))).await?;
    let bad = wire.take();

    assert_eq!((stored.alerts, stored.dead), (BATCH - 1, 1));
    assert!(good > 0 && bad <= good + MOST_MORE, "{bad} and {good}");
    assert_reconciled(&database).await
}
