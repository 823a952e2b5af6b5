//! The drain: in order, at its rate, removed after the confirm only, patient with a broker that is away.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use calseta_shared::{broker::PublishError, envelope::Envelope};
use tokio::{sync::watch, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{
    super::{Drain, Outlet, SpoolConfig, drain::Round},
    Spool, config, envelope, texts,
};

type Answer = Box<dyn Fn(&str, usize) -> Result<(), PublishError> + Send + Sync>;

/// A broker that answers by the text and the count of calls so far, and remembers what it has.
#[derive(Clone)]
struct Broker {
    answer: Arc<Answer>,
    calls: Arc<AtomicUsize>,
    has: Arc<Mutex<Vec<String>>>,
    count: watch::Sender<usize>,
}

impl Broker {
    fn new(
        answer: impl Fn(&str, usize) -> Result<(), PublishError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            answer: Arc::new(Box::new(answer)),
            calls: Arc::default(),
            has: Arc::default(),
            count: watch::Sender::new(0),
        }
    }

    fn has(&self) -> Vec<String> {
        self.has.lock().unwrap().clone()
    }

    async fn has_got(&self, count: usize) {
        let mut counted = self.count.subscribe();
        counted.wait_for(|now| *now >= count).await.unwrap();
    }
}

impl Outlet for Broker {
    async fn hand_over(&self, envelope: &Envelope) -> Result<(), PublishError> {
        let text = String::from_utf8_lossy(&envelope.body)
            .trim_end()
            .to_owned();
        (self.answer)(&text, self.calls.fetch_add(1, SeqCst))?;
        self.has.lock().unwrap().push(text);
        self.count.send_modify(|count| *count += 1);
        Ok(())
    }
}

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

async fn filled(config: &SpoolConfig, count: usize) -> Spool {
    let spool = Spool::open(config).unwrap();
    for text in numbers(count) {
        spool.append(&envelope(&text, 0)).await.unwrap();
    }
    spool
}

#[tokio::test]
async fn payloads_are_published_in_order_and_removed() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let config = config(dir.path());
    let spool = filled(&config, 100).await;
    let broker = Broker::new(|_, _| Ok(()));
    let stop = CancellationToken::new();
    let drain = tokio::spawn(Drain::new(spool.clone(), broker.clone(), &config).run(stop.clone()));
    broker.has_got(100).await;
    // One that comes later wakes the drain.
    spool.append(&envelope("100", 0)).await?;
    broker.has_got(101).await;
    stop.cancel();
    drain.await?;
    assert_eq!(broker.has(), numbers(101));
    assert_eq!(spool.depth(), 0);
    Ok(())
}

#[tokio::test]
async fn nothing_is_removed_or_overtaken_while_the_broker_takes_nothing() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let config = config(dir.path());
    let spool = filled(&config, 20).await;
    let broker = Broker::new(|_, call| match call {
        0..4 => Err(PublishError::Unreachable),
        4..8 => Err(PublishError::Blocked),
        8..12 => Err(PublishError::Nacked),
        _ => Ok(()),
    });
    let mut drain = Drain::new(spool.clone(), broker.clone(), &config);
    let stop = CancellationToken::new();
    for _ in 0..12 {
        assert_eq!(drain.round(&stop).await?, Round::Stuck);
        assert_eq!(spool.depth(), 20);
    }
    while drain.round(&stop).await? != Round::Empty {}
    assert_eq!(broker.has(), numbers(20));
    Ok(())
}

#[tokio::test]
async fn a_payload_the_broker_never_takes_does_not_hold_the_others_and_is_kept()
-> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let config = config(dir.path());
    let spool = filled(&config, 10).await;
    let broker = Broker::new(|text, _| match text {
        "0" | "5" => Err(PublishError::Unconfirmed(Duration::from_secs(10))),
        _ => Ok(()),
    });
    let mut drain = Drain::new(spool.clone(), broker.clone(), &config);
    let stop = CancellationToken::new();
    while drain.round(&stop).await? != Round::Empty {}
    assert_eq!(broker.has(), ["1", "2", "3", "4", "6", "7", "8", "9"]);
    assert_eq!(texts(&spool).await?, ["0", "5"]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_drain_keeps_its_rate() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut config = config(dir.path());
    config.drain_per_second = 50.try_into()?;
    let spool = filled(&config, 100).await;
    let broker = Broker::new(|_, _| Ok(()));
    let stop = CancellationToken::new();
    let began = Instant::now();
    let drain = tokio::spawn(Drain::new(spool, broker.clone(), &config).run(stop.clone()));
    broker.has_got(100).await;
    // The last window need not wait behind itself.
    let least = Duration::from_millis((100 - 16) * 20);
    assert!(began.elapsed() >= least, "drained in {:?}", began.elapsed());
    stop.cancel();
    drain.await?;
    Ok(())
}

#[tokio::test]
async fn a_stop_keeps_what_was_not_confirmed() -> anyhow::Result<()> {
    struct Silent(Broker);
    impl Outlet for Silent {
        async fn hand_over(&self, envelope: &Envelope) -> Result<(), PublishError> {
            if envelope.body.starts_with(b"3") {
                std::future::pending::<()>().await;
            }
            self.0.hand_over(envelope).await
        }
    }
    let dir = tempfile::tempdir()?;
    let config = config(dir.path());
    let spool = filled(&config, 6).await;
    let broker = Broker::new(|_, _| Ok(()));
    let stop = CancellationToken::new();
    let drain = Drain::new(spool.clone(), Silent(broker.clone()), &config);
    let drain = tokio::spawn(drain.run(stop.clone()));
    // Windows of 1, 2 and 4: the last holds 3, 4 and 5.
    broker.has_got(5).await;
    stop.cancel();
    drain.await?;
    assert_eq!(texts(&spool).await?, ["3"]);
    assert_eq!(broker.has(), ["0", "1", "2", "4", "5"]);
    Ok(())
}
