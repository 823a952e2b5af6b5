//! What `append` promised is on disk: after a restart, in the order it came, within the limits.

use bytesize::ByteSize;
use calseta_shared::{broker::Route, dead_letter::Reason};

use super::{Broker, config, drain, fill, open, payload};
use crate::{
    metrics::SpoolMetrics,
    spool::{Drain, Spool, SpoolConfig, SpoolError, writer::Command},
};

#[tokio::test]
async fn payloads_leave_in_order_of_arrival_by_their_route_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let mut receipts = fill(&spool, 20).await;
    let mut dead = payload([0, 159, 146, 150]);
    dead.dead = Some((Reason::InvalidJson, "no JSON".into()));
    receipts.push(dead.receipt_id);
    spool.append(&dead).await.unwrap();
    spool.close().await;

    let spool = open(dir.path());
    assert_eq!(spool.depth(), 21);
    let broker = Broker::new(|_| Ok(()));
    let mut draining = Drain::new(spool.clone(), &broker, &config(dir.path()));
    assert!(drain(&mut draining, &spool, 10).await);
    assert_eq!(broker.receipts(), receipts);
    let last = broker.taken.lock().unwrap().pop().unwrap();
    assert_eq!(last, (Route::Dead, dead));
    assert_eq!(spool.gauge.bytes(), 0);
}

#[tokio::test]
async fn many_appends_share_a_sync() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = SpoolMetrics::default();
    let spool = Spool::open(&config(dir.path()), metrics.clone()).unwrap();
    let payloads: Vec<_> = (0..500).map(|_| payload("together")).collect();
    let appends = payloads.iter().map(|payload| spool.append(payload));
    for appended in futures_util::future::join_all(appends).await {
        appended.unwrap();
    }
    assert_eq!((metrics.appended.get(), spool.depth()), (500, 500));
    assert!(metrics.syncs.get() < 250, "{} syncs", metrics.syncs.get());
}

#[tokio::test]
async fn a_full_spool_refuses_and_takes_again_when_it_was_emptied() {
    let dir = tempfile::tempdir().unwrap();
    let small = SpoolConfig {
        max_bytes: ByteSize::kib(64),
        ..config(dir.path())
    };
    let spool = Spool::open(&small, SpoolMetrics::default()).unwrap();
    let large = payload(vec![b'x'; 20_000]);
    for _ in 0..3 {
        spool.append(&large).await.unwrap();
    }
    let refused = spool.append(&large).await;
    assert!(
        matches!(refused, Err(SpoolError::Full { limit: 65_536 })),
        "{refused:?}"
    );
    let broker = Broker::new(|_| Ok(()));
    assert!(drain(&mut Drain::new(spool.clone(), &broker, &small), &spool, 10).await);
    spool.append(&large).await.unwrap();
}

#[tokio::test]
async fn a_second_gateway_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path());
    let second = Spool::open(&config(dir.path()), SpoolMetrics::default());
    assert!(
        matches!(second, Err(SpoolError::InUse { .. })),
        "{second:?}"
    );
    first.close().await;
    open(dir.path()).close().await;
}

#[tokio::test]
async fn an_unreadable_record_is_set_aside_and_counted_and_not_lost() {
    let dir = tempfile::tempdir().unwrap();
    let metrics = SpoolMetrics::default();
    let spool = Spool::open(&config(dir.path()), metrics.clone()).unwrap();
    fill(&spool, 2).await;
    let bytes = spool.gauge.bytes();
    let newer = b"\x07a record of a newer gateway".to_vec();
    let admission = spool.gauge.admit(newer.len()).unwrap();
    spool
        .ask(|done| Command::Append(newer.clone(), admission, done))
        .await
        .unwrap();
    fill(&spool, 2).await;
    let broker = Broker::new(|_| Ok(()));
    let mut draining = Drain::new(spool.clone(), &broker, &config(dir.path()));
    assert!(drain(&mut draining, &spool, 10).await);
    assert_eq!((broker.receipts().len(), metrics.unreadable.get()), (4, 1));
    assert!(spool.gauge.bytes() < bytes);
    assert_eq!(spool.gauge.bytes(), newer.len() as u64, "it keeps its room");
    spool.close().await;
    let spool = open(dir.path());
    assert_eq!(
        (spool.depth(), spool.gauge.bytes()),
        (0, newer.len() as u64)
    );
}
