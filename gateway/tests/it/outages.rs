//! What happens when the broker or the database is away: nothing is accepted that is not safe, and no
//! known key is refused.

use std::time::Duration;

use calseta_gateway::{
    keys::{KeySecret, Scope},
    service::Service,
};
use calseta_shared::{config::ConfigError, topology};

use crate::{
    http::send,
    world::{World, eventually, settings},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_and_a_spool_the_sender_is_asked_to_come_again() {
    let world = World::ready(&[("broker.connect_timeout", "\"1s\""), ("spool.dir", "\"\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
    world.lose_broker();
    eventually(Duration::from_secs(10), async || {
        let answer = world.post(&secret, ALERT).await;
        if answer.status == 202 {
            return false;
        }
        assert_eq!((answer.status, answer.code()), (429, "OVERLOADED"));
        assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
        true
    })
    .await;
    let refused = world.post(&secret, b"no json").await;
    assert_eq!(
        refused.code(),
        "OVERLOADED",
        "what cannot be kept is not refused for good"
    );
    let ready = send(world.admin, "GET /readyz", &[], b"").await;
    assert_eq!(ready.status, 503);
    assert_eq!(ready.body["parts"]["broker"]["state"], "not_ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_payloads_are_spooled_and_on_the_queue_when_it_is_back() {
    let world = World::ready(&[("broker.connect_timeout", "\"1s\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    world.lose_broker();
    let mut spooled = Vec::new();
    eventually(Duration::from_secs(10), async || {
        let answer = world.post(&secret, ALERT).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
        if answer.header("x-calseta-durability") == Some("spool") {
            spooled.push(answer.body["data"]["receipt_id"].clone());
        }
        spooled.len() == 3
    })
    .await;
    let refused = world.post(&secret, b"no json").await;
    assert_eq!(
        refused.code(),
        "INVALID_JSON",
        "it is kept in the spool too"
    );
    eventually(Duration::from_secs(10), async || {
        let ready = send(world.admin, "GET /readyz", &[], b"").await;
        assert_eq!(ready.status, 200, "{}", ready.body);
        let part = |name: &str| ready.body["parts"][name]["state"].clone();
        part("broker") == "degraded" && part("spool") == "degraded"
    })
    .await;
    world.find_broker();
    let mut queue = world.deliveries(topology::RAW);
    // Drained in order of arrival, but over several channels: two that are close may pass each other.
    let mut queued = Vec::new();
    for _ in &spooled {
        let envelope = queue.recv().await.unwrap().envelope.unwrap();
        assert_eq!(&envelope.body[..], ALERT);
        queued.push(envelope.receipt_id.to_string());
    }
    queued.sort();
    assert_eq!(queued, spooled);
    let mut dead = world.deliveries(topology::DEAD);
    let envelope = dead.recv().await.unwrap().envelope.unwrap();
    assert_eq!(envelope.body, "no json");
    eventually(Duration::from_secs(10), async || {
        let ready = send(world.admin, "GET /readyz", &[], b"").await;
        ready.body["parts"]["spool"]["state"] == "ready"
    })
    .await;
    let metrics = send(world.admin, "GET /metrics", &[], b"").await;
    assert!(
        metrics.text().contains("gateway_spool_drained_total 4"),
        "{}",
        metrics.text()
    );
    assert!(
        metrics
            .text()
            .contains("gateway_spool_oldest_age_seconds 0")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_broker_away_a_full_spool_asks_to_come_again_and_readiness_says_so() {
    let small = ("spool.max_bytes", "\"2KiB\"");
    let world = World::ready(&[small]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    world.lose_broker();
    eventually(Duration::from_secs(30), async || {
        let answer = world.post(&secret, ALERT).await;
        if answer.status == 202 {
            return false;
        }
        assert_eq!((answer.status, answer.code()), (429, "OVERLOADED"));
        assert!(answer.header("retry-after").unwrap().parse::<u32>().is_ok());
        true
    })
    .await;
    world.find_broker();
    eventually(Duration::from_secs(30), async || {
        let answer = world.post(&secret, ALERT).await;
        answer.header("x-calseta-durability") == Some("broker")
    })
    .await;
}

#[test]
fn a_directory_that_cannot_be_made_is_a_setting_to_be_mended() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let dir = format!("\"{}\"", file.path().join("spool").display());
    let settings = settings(
        "postgres://a:b@127.0.0.1/none",
        "amqp://a:b@127.0.0.1/none",
        &[("spool.dir", &dir)],
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _context = runtime.enter();
    let Err(error) = Service::start(&settings) else {
        panic!("a file is no directory");
    };
    let error = error.downcast_ref::<ConfigError>().unwrap().to_string();
    assert!(
        error.contains("spool.dir") && error.contains("without a spool"),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_postgres_away_known_keys_go_on_and_readiness_says_so() {
    let world = World::ready(&[]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
    world
        .server_sql("ALTER DATABASE $NAME ALLOW_CONNECTIONS false")
        .await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$NAME'";
    world.server_sql(end).await;
    eventually(Duration::from_secs(10), async || {
        let ready = send(world.admin, "GET /readyz", &[], b"").await;
        ready.status == 200 && ready.body["parts"]["keys"]["state"] == "degraded"
    })
    .await;
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
    let unknown = KeySecret::generate().unwrap();
    assert_eq!(world.post(&unknown, ALERT).await.code(), "UNAUTHORIZED");
    world
        .server_sql("ALTER DATABASE $NAME ALLOW_CONNECTIONS true")
        .await;
    eventually(Duration::from_secs(15), async || {
        let ready = send(world.admin, "GET /readyz", &[], b"").await;
        ready.body["parts"]["keys"]["state"] == "ready"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_never_saw_its_keys_is_not_ready_and_refuses_nobody_for_good() {
    let world = World::without_tables().await;
    let secret = KeySecret::generate().unwrap();
    let answer = world.post(&secret, ALERT).await;
    assert_eq!((answer.status, answer.code()), (429, "OVERLOADED"));
    let ready = send(world.admin, "GET /readyz", &[], b"").await;
    assert_eq!(ready.status, 503);
    eventually(Duration::from_secs(10), async || {
        let ready = send(world.admin, "GET /readyz", &[], b"").await;
        ready.body["parts"]["keys"]["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("calseta-worker migrate"))
    })
    .await;
}
