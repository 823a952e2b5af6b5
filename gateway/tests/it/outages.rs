//! What happens when the broker or the database is away: nothing is accepted that is not safe, and no
//! known key is refused.

use std::time::Duration;

use calseta_gateway::keys::{KeySecret, Scope};

use crate::{
    http::send,
    world::{World, eventually},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_the_sender_is_asked_to_come_again() {
    let world = World::ready(&[("broker.connect_timeout", "\"1s\"")]).await;
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
