//! Nothing leaves without a confirm, and nothing waits behind a payload that is refused.

use std::{collections::HashSet, sync::Mutex};

use tokio_util::sync::CancellationToken;

use super::{Broker, config, drain, eventually, fill, open};
use crate::spool::{Drain, Failure, drain::Step};

#[tokio::test]
async fn while_the_broker_is_away_one_payload_is_tried_and_none_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let receipts = fill(&spool, 30).await;
    let (away, tried) = (Mutex::new(true), Mutex::new(0));
    let broker = Broker::new(|_| {
        *tried.lock().unwrap() += 1;
        if *away.lock().unwrap() {
            Err(Failure::Away)
        } else {
            Ok(())
        }
    });
    let mut draining = Drain::new(spool.clone(), &broker, &config(dir.path()));
    for _ in 0..5 {
        assert_eq!(draining.step().await.unwrap(), Step::Stuck);
    }
    assert_eq!((spool.depth(), *tried.lock().unwrap()), (30, 5));
    *away.lock().unwrap() = false;
    assert!(drain(&mut draining, &spool, 10).await);
    assert_eq!(broker.receipts(), receipts);
}

#[tokio::test]
async fn a_payload_that_is_refused_or_ends_its_channel_blocks_none_behind_it() {
    for failure in [Failure::Refused, Failure::Ended] {
        let dir = tempfile::tempdir().unwrap();
        let spool = open(dir.path());
        let receipts = fill(&spool, 30).await;
        let bad = receipts[3];
        let broker = Broker::new(|envelope| {
            if envelope.receipt_id == bad {
                Err(failure)
            } else {
                Ok(())
            }
        });
        let mut draining = Drain::new(spool.clone(), &broker, &config(dir.path()));
        for _ in 0..40 {
            draining.step().await.unwrap();
        }
        assert_eq!(spool.depth(), 1, "{failure:?}");
        let taken: HashSet<_> = broker.receipts().into_iter().collect();
        assert_eq!(taken.len(), 29);
        assert!(!taken.contains(&bad));
    }
}

#[tokio::test]
async fn a_running_drain_waits_for_payloads_and_stops_when_asked() {
    let dir = tempfile::tempdir().unwrap();
    let spool = open(dir.path());
    let broker: &'static _ = Box::leak(Box::new(Broker::new(|_| Ok(()))));
    let stop = CancellationToken::new();
    let running = Drain::new(spool.clone(), broker, &config(dir.path())).run(stop.clone());
    let running = tokio::spawn(running);
    let receipts = fill(&spool, 5).await;
    eventually("the spool is empty", async || spool.depth() == 0).await;
    assert_eq!(broker.receipts(), receipts);
    stop.cancel();
    running.await.unwrap();
}
