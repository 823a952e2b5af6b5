//! Whatever the moment, and whatever part of the unsynced writes survives: all that was acknowledged is
//! there, in order, and what was removed is gone.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    super::{
        disk::{Disk, Wanted},
        record::{self, Record},
    },
    config, envelope,
    volume::{Chance, Volume},
};
use crate::spool::{Spool, SpoolError};

const ALL: usize = 10_000;

fn stored(disk: &mut Disk) -> Vec<(u64, String)> {
    let wanted = Wanted {
        skip: BTreeSet::new(),
        limit: ALL,
        max_bytes: u64::MAX,
    };
    let records = disk.read(&wanted).unwrap().into_iter();
    records
        .map(|(key, bytes)| {
            let body = record::decode(&bytes).unwrap().body;
            (key, String::from_utf8_lossy(&body).trim_end().to_owned())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn what_was_synced_survives_a_power_loss_at_any_operation(
        groups in proptest::collection::vec((1..6_usize, 0..20_000_usize, 0..3_usize), 1..12),
        dies_after in 0..120_usize,
        chance in any::<u64>(),
    ) {
        let volume = Volume::default();
        let (mut disk, _) = Disk::open(volume.opener()).unwrap();
        volume.die_after(dies_after);
        let mut acknowledged: Vec<(u64, String)> = Vec::new();
        let mut unsure = 0;
        let mut unsure_removals = BTreeSet::new();
        let mut next = 0_u64;
        for (count, padding, removals) in groups {
            let texts: Vec<_> = (next..next + count as u64).map(|number| (number, format!("p{number}"))).collect();
            let records: Vec<_> = texts.iter().map(|(_, text)| Record::encode(&envelope(text, padding))).collect();
            let removed: Vec<_> = acknowledged.iter().take(removals).map(|(key, _)| *key).collect();
            match disk.change(&records.iter().collect::<Vec<_>>(), &removed) {
                Ok(totals) => {
                    acknowledged.drain(..removed.len());
                    acknowledged.extend(texts);
                    prop_assert_eq!(totals.depth as usize, acknowledged.len());
                }
                Err(_) => {
                    unsure = count;
                    unsure_removals.extend(removed);
                    break;
                }
            }
            next += count as u64;
        }
        let found = volume.after_power_loss(Chance(chance));
        let (mut disk, totals) = Disk::open(found.opener()).unwrap();
        let stored = stored(&mut disk);
        prop_assert_eq!(totals.depth as usize, stored.len());
        // The last group, which nobody was told of, is there as a whole or not at all.
        let with_last = stored.len() > acknowledged.len() - unsure_removals.len() && unsure > 0
            && stored.last().is_some_and(|(key, _)| *key >= next);
        let mut expected = acknowledged;
        if with_last {
            expected.retain(|(key, _)| !unsure_removals.contains(key));
            expected.extend((next..next + unsure as u64).map(|number| (number, format!("p{number}"))));
        }
        prop_assert_eq!(stored, expected);
    }
}

#[tokio::test]
async fn a_file_damaged_in_what_was_synced_is_refused_and_left_as_it_is() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let spool = Spool::open(&config(dir.path()))?;
    for number in 0..50 {
        spool.append(&envelope(&format!("{number}"), 9_000)).await?;
    }
    spool.close().await;
    let file = dir.path().join("spool.redb");
    let whole = std::fs::read(&file)?;
    let mut garbled = whole.clone();
    let middle = garbled.len() / 3;
    garbled[middle..middle + 100_000].fill(0xEE);
    for damaged in [
        whole[..whole.len() / 2].to_vec(),
        garbled,
        b"no database".to_vec(),
    ] {
        std::fs::write(&file, &damaged)?;
        let opened = Spool::open(&config(dir.path()));
        assert!(
            matches!(opened, Err(SpoolError::Damaged { .. })),
            "{opened:?}"
        );
        assert!(std::fs::read(&file)?.len() >= damaged.len());
    }
    std::fs::write(&file, &whole)?;
    assert_eq!(Spool::open(&config(dir.path()))?.depth(), 50);
    Ok(())
}
