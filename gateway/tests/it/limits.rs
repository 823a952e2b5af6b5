//! Senders that are slow, large or cut off: each has its limit, its answer, and none harms the others.

use std::time::Duration;

use calseta_gateway::keys::{KeySecret, Scope};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    http::{read, send},
    world::{SECRET, World},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

/// Opens a request and sends its head alone.
async fn begin(world: &World, key: &KeySecret, framing: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /v1/ingest/elastic HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\
         x-api-key: {}\r\nx-elastic-webhook-secret: {SECRET}\r\n{framing}\r\n\r\n",
        key.expose()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stops_coming_is_answered_and_not_waited_for() {
    let world = World::ready(&[("http.body_idle_timeout", "\"300ms\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let mut stream = begin(&world, &secret, "content-length: 100").await;
    stream.write_all(b"{").await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(5), read(&mut stream))
        .await
        .unwrap();
    assert_eq!((answer.status, answer.code()), (429, "OVERLOADED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_is_taken_up_to_the_limit_and_refused_above() {
    let world = World::ready(&[("http.body_limit", "\"1KiB\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let mut stream = begin(&world, &secret, "transfer-encoding: chunked").await;
    let chunk = format!(
        "{:x}\r\n{}\r\n0\r\n\r\n",
        ALERT.len(),
        str::from_utf8(ALERT).unwrap()
    );
    stream.write_all(chunk.as_bytes()).await.unwrap();
    assert_eq!(read(&mut stream).await.status, 202);

    let mut stream = begin(&world, &secret, "transfer-encoding: chunked").await;
    let chunk = format!("401\r\n{}\r\n0\r\n\r\n", " ".repeat(1_025));
    stream.write_all(chunk.as_bytes()).await.unwrap();
    let answer = read(&mut stream).await;
    assert_eq!((answer.status, answer.code()), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(answer.body["error"]["details"]["limit_bytes"], 1_024);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_body_is_refused_above_the_limit_it_becomes() {
    let world = World::ready(&[("http.body_limit", "\"64KiB\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let bomb = zstd::encode_all(vec![b' '; 70_000].as_slice(), 1).unwrap();
    let answer = world
        .post_with(&secret, &[("content-encoding", "zstd")], &bomb)
        .await;
    assert_eq!((answer.status, answer.code()), (413, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_wait_for_memory_while_small_ones_pass() {
    let world = World::ready(&[
        ("http.body_limit", "\"1MiB\""),
        ("http.body_memory", "\"2MiB\""),
        ("http.small_body", "\"4KiB\""),
        ("http.body_memory_wait", "\"500ms\""),
        ("http.body_idle_timeout", "\"60s\""),
    ])
    .await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let large = format!("content-length: {}", 1_024 * 1_024);
    let mut streams = [
        begin(&world, &secret, &large).await,
        begin(&world, &secret, &large).await,
        begin(&world, &secret, &large).await,
    ];
    // Which of them comes last is not ours to say; the one without memory is answered.
    let answered = {
        let [one, two, three] = &mut streams;
        async {
            tokio::select! {
                answer = read(one) => answer,
                answer = read(two) => answer,
                answer = read(three) => answer,
            }
        }
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), answered)
        .await
        .unwrap();
    assert_eq!((answer.status, answer.code()), (429, "OVERLOADED"));
    for _ in 0..20 {
        assert_eq!(world.post(&secret, ALERT).await.status, 202);
    }
    drop(streams);
    let mut body = ALERT.to_vec();
    body.resize(1_024 * 1_024, b' ');
    assert_eq!(
        world.post(&secret, &body).await.status,
        202,
        "memory comes back"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_above_the_limit_wait_until_another_one_ends() {
    let world = World::ready(&[("http.connections", "2"), ("http.head_timeout", "\"60s\"")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let request = b"GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n";
        stream.write_all(request).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 404");
        open.push(stream);
    }
    let mut posted = Box::pin(world.post(&secret, ALERT));
    let early = tokio::time::timeout(Duration::from_millis(500), &mut posted).await;
    assert!(early.is_err(), "a third connection was served");
    drop(open.pop());
    let answer = tokio::time::timeout(Duration::from_secs(30), posted).await;
    assert_eq!(answer.unwrap().status, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_over_the_limit_is_refused_by_name() {
    let world = World::ready(&[("http.head_limit", "\"1KiB\"")]).await;
    let long = "x".repeat(2_000);
    let answer = send(
        world.address,
        "POST /v1/ingest/elastic",
        &[("x-long", &long)],
        b"",
    )
    .await;
    assert_eq!((answer.status, answer.code()), (413, "PAYLOAD_TOO_LARGE"));
    assert_eq!(answer.body["error"]["details"]["limit_bytes"], 1_024);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_a_rate_is_refused_above_its_burst_with_a_whole_second_to_wait() {
    let world = World::ready(&[]).await;
    let (key, secret) = world.key(&[Scope::AlertsWrite]).await;
    let limit = "UPDATE api_keys SET rate_per_second = 1, rate_burst = 3 WHERE id = ";
    world.sql(&format!("{limit} '{}'", key.id)).await;
    let mut passed = 0;
    let refused = loop {
        let answer = world.post(&secret, ALERT).await;
        if answer.status != 202 {
            break answer;
        }
        passed += 1;
        assert!(passed < 1_000, "the limit never came");
    };
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    assert_eq!(refused.header("retry-after"), Some("1"));
}
