//! A disk that is full or broken: no false success, refusal at once, and back to work by itself.

use std::collections::BTreeSet;

use super::{
    super::{Condition, Spool, SpoolError, open},
    config, envelope, texts,
    volume::Volume,
};

fn spool_on(volume: &Volume) -> Spool {
    let config = config("not used".as_ref());
    open::start(volume.opener(), &config).unwrap_or_else(|_| unreachable!("a new volume works"))
}

async fn fill(spool: &Spool) -> (usize, SpoolError) {
    for taken in 0.. {
        if let Err(error) = spool.append(&envelope(&format!("{taken}"), 9_000)).await {
            return (taken, error);
        }
    }
    unreachable!("the numbers never end")
}

#[tokio::test]
async fn a_full_disk_is_no_success_and_the_spool_drains_and_recovers() -> anyhow::Result<()> {
    let volume = Volume::default();
    let spool = spool_on(&volume);
    volume.room(Some(2 * 1024 * 1024));
    let (taken, error) = fill(&spool).await;
    assert!(matches!(error, SpoolError::Disk(_)), "{error:?}");
    assert!(taken > 50);
    let mut condition = spool.condition();
    assert_eq!(*condition.borrow(), Condition::Fails);
    // Refused without asking the disk.
    let syncs = spool.syncs();
    assert!(matches!(
        spool.append(&envelope("x", 0)).await,
        Err(SpoolError::Disk(_))
    ));
    assert_eq!(spool.syncs(), syncs);

    // What is there can be read and removed, and that makes the room to go on.
    assert_eq!(texts(&spool).await?.len(), taken);
    let batch = spool.batch(60, &BTreeSet::new()).await?;
    let keys = batch.iter().map(|spooled| spooled.key).collect();
    spool.remove(keys).await?;
    condition
        .wait_for(|condition| *condition == Condition::Works)
        .await?;
    spool.append(&envelope("after", 9_000)).await?;
    let texts = texts(&spool).await?;
    assert_eq!(texts.len(), taken - 60 + 1);
    assert_eq!(texts.first(), Some(&"60".to_owned()));
    assert_eq!(texts.last(), Some(&"after".to_owned()));
    Ok(())
}

#[tokio::test]
async fn a_sync_that_fails_refuses_everybody_until_the_disk_is_back() -> anyhow::Result<()> {
    let volume = Volume::default();
    let spool = spool_on(&volume);
    spool.append(&envelope("before", 0)).await?;
    volume.fail_syncs(true);
    let appends = (0..8).map(|_| async { spool.append(&envelope("lost", 100)).await });
    for outcome in futures_util::future::join_all(appends).await {
        assert!(matches!(outcome, Err(SpoolError::Disk(_))), "{outcome:?}");
    }
    assert_eq!(*spool.condition().borrow(), Condition::Fails);
    volume.fail_syncs(false);
    spool
        .condition()
        .wait_for(|condition| *condition == Condition::Works)
        .await?;
    spool.append(&envelope("after", 0)).await?;
    let texts = texts(&spool).await?;
    assert_eq!(texts.first(), Some(&"before".to_owned()));
    assert_eq!(texts.last(), Some(&"after".to_owned()));
    assert_eq!(spool.depth(), texts.len() as u64);
    Ok(())
}

#[tokio::test]
async fn the_file_shrinks_or_is_used_again_once_it_was_drained() -> anyhow::Result<()> {
    let volume = Volume::default();
    let spool = spool_on(&volume);
    let mut lengths = Vec::new();
    for _ in 0..3 {
        for _ in 0..100 {
            spool.append(&envelope("round", 9_000)).await?;
        }
        lengths.push(volume.length());
        let batch = spool.batch(100, &BTreeSet::new()).await?;
        let keys = batch.iter().map(|spooled| spooled.key).collect();
        spool.remove(keys).await?;
        assert_eq!((spool.depth(), spool.bytes()), (0, 0));
    }
    assert!(lengths[2] <= lengths[0] * 3 / 2, "{lengths:?}");
    Ok(())
}
