//! A disk that is cut off, copied, damaged or full: nothing promised is lost without a word.

use std::{
    collections::HashSet,
    fs::{File, OpenOptions},
    io::Write,
    process::{Command, Stdio},
};

use super::{Broker, config, drain, eventually, fill, open, payload};
use crate::{
    metrics::SpoolMetrics,
    spool::{Drain, Spool, SpoolError},
};

/// A file system of a few MiB, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Nothing where mounting is not allowed.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"]);
        let mounted = mount.arg(dir.path()).stderr(Stdio::null()).status();
        mounted
            .is_ok_and(|status| status.success())
            .then(|| Self(dir))
    }

    /// Takes all the room there is.
    fn fill(&self) {
        let mut file = File::create(self.0.path().join("filler")).unwrap();
        while file.write_all(&[1; 4_096]).is_ok() {}
    }

    fn clear(&self) {
        std::fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("-l").arg(self.0.path()).status();
        assert!(unmounted.unwrap().success());
    }
}

#[tokio::test]
async fn what_was_appended_is_in_a_copy_of_the_file_taken_at_any_moment() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let mut promised = HashSet::new();
    for round in 0..10 {
        promised.extend(fill(&spool, 5).await);
        let copy = tempfile::tempdir().unwrap();
        let writing = async {
            let payloads: Vec<_> = (0..50).map(|_| payload(vec![b'w'; 9_000])).collect();
            let appends = payloads.iter().map(|payload| spool.append(payload));
            futures_util::future::join_all(appends).await;
        };
        let copying = tokio::task::spawn_blocking({
            let (from, to) = (
                dir.path().join("spool.redb"),
                copy.path().join("spool.redb"),
            );
            move || std::fs::copy(from, to).unwrap()
        });
        let ((), copied) = tokio::join!(writing, copying);
        copied.unwrap();
        // A copy is taken page by page, so it may be torn in a way that a disk does not: it is either
        // refused as damaged, or holds everything.
        let Ok(copied) = Spool::open(&config(copy.path()), SpoolMetrics::default()) else {
            continue;
        };
        let broker = Broker::new(|_| Ok(()));
        let mut draining = Drain::new(copied.clone(), &broker, &config(copy.path()));
        assert!(drain(&mut draining, &copied, 1_000).await);
        let found: HashSet<_> = broker.receipts().into_iter().collect();
        assert!(promised.is_subset(&found), "lost in round {round}");
    }
}

#[tokio::test]
async fn a_file_that_lost_its_end_is_damaged_and_not_half_read() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    for _ in 0..20 {
        spool.append(&payload(vec![b'x'; 100_000])).await.unwrap();
    }
    spool.close().await;
    let path = dir.path().join("spool.redb");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
    let opened = Spool::open(&config(dir.path()), SpoolMetrics::default());
    assert!(
        matches!(opened, Err(SpoolError::Damaged { .. })),
        "{opened:?}"
    );
    std::fs::write(
        &path,
        "something else altogether, and long enough to be looked at",
    )
    .unwrap();
    let opened = Spool::open(&config(dir.path()), SpoolMetrics::default());
    assert!(
        matches!(opened, Err(SpoolError::Damaged { .. })),
        "{opened:?}"
    );
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_promised_everything_leaves_and_it_mends_itself() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: a tmpfs cannot be mounted here");
        return;
    };
    let config = config(&disk.0.path().join("spool"));
    let spool = Spool::open(&config, SpoolMetrics::default()).unwrap();
    let mut promised = fill(&spool, 20).await;
    disk.fill();
    let mut refusals = 0;
    for _ in 0..60 {
        let payload = payload(vec![b'x'; 64 * 1_024]);
        match spool.append(&payload).await {
            Ok(()) => promised.push(payload.receipt_id),
            Err(error) => {
                assert!(
                    matches!(error, SpoolError::Disk(_) | SpoolError::NoRoom(_)),
                    "{error}"
                );
                refusals += 1;
            }
        }
    }
    assert!(refusals > 0 && spool.gauge.trouble().is_some());
    spool.close().await;

    // A gateway that starts on a full disk cannot keep more, but can let go of what it holds.
    let spool = Spool::open(&config, SpoolMetrics::default()).unwrap();
    assert!(spool.append(&payload("no room")).await.is_err());
    let broker = Broker::new(|_| Ok(()));
    let mut draining = Drain::new(spool.clone(), &broker, &config);
    assert!(
        drain(&mut draining, &spool, 1_000).await,
        "{} are left",
        spool.depth()
    );
    let taken: HashSet<_> = broker.receipts().into_iter().collect();
    assert!(promised.iter().all(|receipt| taken.contains(receipt)));

    disk.clear();
    eventually("the disk is well again", async || {
        spool.append(&payload("room")).await.is_ok()
    })
    .await;
    assert!(spool.gauge.trouble().is_none());
    let held = spool.depth();
    spool.close().await;
    disk.fill();
    let spool = Spool::open(&config, SpoolMetrics::default()).unwrap();
    assert_eq!(spool.depth(), held, "it opens on a full disk");
    spool.close().await;
}
