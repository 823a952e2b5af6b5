use calseta_shared::{
    config::Environment, envelope::Envelope, ids::ReceiptId, payload::Limits, source::Source,
};
use calseta_worker::{config::*, interpret::Interpreter, record::Record, store::*};
use std::{sync::Arc, time::Instant};
use time::OffsetDateTime;
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let n: usize = std::env::args().nth(1).unwrap().parse()?;
    let writers: usize = std::env::args().nth(2).unwrap().parse()?;
    let config = WorkerConfig::load(None, &Environment::of_process(VARIABLES))?;
    let pool = config.database.pool("probe")?;
    calseta_worker::service::migrate(&config).await?;
    let interp = Interpreter::new(&[], Limits::default())?;
    let tpl =
        std::fs::read_to_string("/work/shared/corpus/alerts/calseta-tests-elastic_alert.json")?;
    let t = Instant::now();
    let mut records: Vec<Record> = Vec::new();
    let seed = OffsetDateTime::now_utc().unix_timestamp();
    for i in 0..n {
        let r = ReceiptId::new();
        let body = tpl
            .replace(
                "185.220.101.32",
                &format!(
                    "185.{}.{}.{}",
                    (i + seed as usize) % 250,
                    (i / 250) % 250,
                    i / 62500 + 1
                ),
            )
            .replace("c2-server", &format!("c2-{i}-{seed}"))
            .replace("\"kibana.alert.uuid\"", "\"x\"")
            .replacen(
                '{',
                &format!(
                    "{{\"kibana.alert.uuid\":\"{r}\",\"pad\":\"{}\",",
                    "abcdefgh ".repeat(60)
                ),
                1,
            );
        let e = Envelope {
            receipt_id: r,
            source: Source::Elastic,
            received_at_ms: (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64,
            content_type: None,
            key_prefix: "cai_probe".into(),
            verified_by: "hmac".into(),
            traceparent: None,
            dead: None,
            body: body.into(),
        };
        records.push(interp.record(e));
    }
    println!(
        "interpret {:.1} us each, body {} B, {} indicators",
        t.elapsed().as_micros() as f64 / n as f64,
        records[0].envelope.body.len(),
        records[0].alerts[0].extraction.indicators.len()
    );
    let partitions = Partitions::default();
    partitions
        .make_ahead(&pool, OffsetDateTime::now_utc(), 1)
        .await?;
    let store = Store::new(
        pool.clone(),
        config.store.fingerprint_window,
        config.store.cache_entries,
        partitions,
        Seen::default(),
    );
    let records = Arc::new(records);
    let next = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let t = Instant::now();
    let cpu0 = cpu();
    let mut set = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let (records, next, store) = (records.clone(), next.clone(), store.clone());
        set.spawn(async move {
            loop {
                let i = next.fetch_add(500, std::sync::atomic::Ordering::Relaxed);
                if i >= records.len() {
                    return;
                }
                let batch: Vec<&Record> = records[i..(i + 500).min(records.len())].iter().collect();
                if let Err(e) = store.insert(&batch, OffsetDateTime::now_utc()).await {
                    println!("{} {e:?}", e.detail());
                }
            }
        });
    }
    while set.join_next().await.is_some() {}
    let s = t.elapsed().as_secs_f64();
    println!(
        "{writers} writers: {:.0} alerts/s, own cpu {:.1} us/alert",
        n as f64 / s,
        (cpu() - cpu0) * 1e6 / n as f64
    );
    Ok(())
}
fn cpu() -> f64 {
    let s = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect();
    (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0
}
