//! Appends are kept in order, within the limit, across a restart, and by one gateway at a time.

use std::collections::BTreeSet;

use bytesize::ByteSize;
use redb::{Database, TableDefinition};
use tokio::task::JoinSet;

use super::{Spool, SpoolError, config, envelope, texts};

#[tokio::test]
async fn payloads_come_back_in_order_of_arrival_after_a_restart() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let spool = Spool::open(&config(dir.path()))?;
    for number in 0..100 {
        spool.append(&envelope(&format!("{number}"), 0)).await?;
    }
    let bytes = spool.bytes();
    spool.close().await;
    assert!(matches!(
        spool.append(&envelope("late", 0)).await,
        Err(SpoolError::Closed)
    ));

    let spool = Spool::open(&config(dir.path()))?;
    let expected: Vec<_> = (0..100).map(|number| format!("{number}")).collect();
    assert_eq!(texts(&spool).await?, expected);
    assert_eq!((spool.depth(), spool.bytes()), (100, bytes));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_share_syncs_and_each_keeps_its_own_order() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let spool = Spool::open(&config(dir.path()))?;
    let mut callers = JoinSet::new();
    for caller in 0..32 {
        let spool = spool.clone();
        callers.spawn(async move {
            for number in 0..20 {
                let text = format!("{caller} {number}");
                spool.append(&envelope(&text, caller * 100)).await?;
            }
            Ok::<_, SpoolError>(())
        });
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }
    assert!(
        spool.syncs() < 640,
        "{} syncs for 640 appends",
        spool.syncs()
    );
    let texts = texts(&spool).await?;
    assert_eq!(texts.len(), 640);
    for caller in 0..32 {
        let own: Vec<_> = texts
            .iter()
            .filter_map(|text| text.strip_prefix(&format!("{caller} ")))
            .collect();
        let expected: Vec<_> = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(own, expected, "caller {caller}");
    }
    Ok(())
}

#[tokio::test]
async fn a_full_spool_refuses_by_its_limit_and_takes_again_after_a_removal() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut config = config(dir.path());
    config.max_bytes = ByteSize::kib(64);
    let spool = Spool::open(&config)?;
    let mut taken = 0;
    let refused = loop {
        match spool.append(&envelope("full", 9_000)).await {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(taken, 7);
    assert!(matches!(refused, SpoolError::Full { limit } if limit == config.max_bytes));
    assert!(spool.bytes() <= config.max_bytes.as_u64());

    let first = spool.batch(1, &BTreeSet::new()).await?;
    spool.remove(vec![first[0].key]).await?;
    spool.append(&envelope("again", 9_000)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn callers_at_the_same_time_cannot_exceed_the_limit_together() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut config = config(dir.path());
    config.max_bytes = ByteSize::kib(100);
    let spool = Spool::open(&config)?;
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let spool = spool.clone();
        callers.spawn(async move { spool.append(&envelope("many", 5_000)).await });
    }
    let outcomes = callers.join_all().await;
    let taken = outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
    assert_eq!(spool.depth(), taken);
    assert!(taken > 0 && spool.bytes() <= config.max_bytes.as_u64());
    // Every refusal gave its room back.
    let left = (config.max_bytes.as_u64() - spool.bytes()) / 6_000;
    for _ in 0..left {
        spool.append(&envelope("more", 5_000)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_second_gateway_is_refused_until_the_first_has_closed() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let first = Spool::open(&config(dir.path()))?;
    let second = Spool::open(&config(dir.path()));
    assert!(matches!(second, Err(SpoolError::InUse { .. })));
    first.close().await;
    Spool::open(&config(dir.path()))?;
    Ok(())
}

#[tokio::test]
async fn the_oldest_age_is_that_of_the_first_payload_that_waits() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let spool = Spool::open(&config(dir.path()))?;
    assert_eq!(spool.oldest_age(5_000), None);
    for received_at_ms in [1_000, 3_000] {
        let mut envelope = envelope("aged", 0);
        envelope.received_at_ms = received_at_ms;
        spool.append(&envelope).await?;
    }
    assert_eq!(spool.oldest_age(5_000).map(|age| age.as_secs()), Some(4));
    let first = spool.batch(1, &BTreeSet::new()).await?;
    spool.remove(vec![first[0].key]).await?;
    assert_eq!(spool.oldest_age(5_000).map(|age| age.as_secs()), Some(2));
    Ok(())
}

#[tokio::test]
async fn a_record_of_an_unknown_version_is_passed_over_and_kept() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let spool = Spool::open(&config(dir.path()))?;
    spool.append(&envelope("newer", 0)).await?;
    spool.append(&envelope("known", 0)).await?;
    spool.close().await;
    let database = Database::open(dir.path().join("spool.redb"))?;
    let writing = database.begin_write()?;
    writing
        .open_table(TableDefinition::<u64, &[u8]>::new("records"))?
        .insert(0, [9_u8; 40].as_slice())?;
    writing.commit()?;
    drop(database);

    let spool = Spool::open(&config(dir.path()))?;
    let batch = spool.batch(1, &BTreeSet::new()).await?;
    assert_eq!(batch[0].envelope.body, "known");
    assert_eq!((spool.unreadable(), spool.depth()), (1, 2));
    Ok(())
}
