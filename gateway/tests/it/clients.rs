//! Mutual TLS: who shows the right certificate gets in, and every other one gets its code and its cause.

use std::time::Duration;

use calseta_gateway::keys::{KeySecret, Scope};
use calseta_shared::topology;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    certificates::{Authority, Files, Flaw, Sender},
    http::{metrics, send},
    world::{SECRET, World, eventually},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;
const PROOF: (&str, &str) = ("x-elastic-webhook-secret", SECRET);

async fn world(files: &Files, changes: &[(&str, &str)]) -> (World, KeySecret) {
    let paths = ["certificate", "key", "client_ca"].map(|name| files.setting(name));
    let mut all = vec![
        ("tls.certificate", paths[0].as_str()),
        ("tls.key", &paths[1]),
        ("tls.client_ca", &paths[2]),
        ("tls.reload_interval", "\"100ms\""),
    ];
    all.extend_from_slice(changes);
    let world = World::ready(&all).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    (world, secret)
}

#[rustfmt::skip]
#[tokio::test(flavor = "multi_thread")]
async fn where_a_certificate_is_required_nobody_passes_without_the_right_one() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let stranger = Authority::new("clients");
    let files = Files::new(&servers.server(), &clients);
    let changes = [
        ("tls.client_auth", "\"required\""),
        ("tls.client_subjects", "[\"kibana\", \"CN=the standby\"]"),
    ];
    let (world, secret) = world(&files, &changes).await;
    let key = ("x-api-key", secret.expose());
    for pair in [clients.client("kibana", Flaw::None), clients.client("the standby", Flaw::None)] {
        let sender = Sender::new(&servers, Some(&pair));
        for (headers, told) in [
            (vec![key, PROOF], (202, "")),
            (vec![key], (401, "INVALID_SIGNATURE")),
            (vec![PROOF], (401, "UNAUTHORIZED")),
        ] {
            let answer = sender.post(world.address, &headers, ALERT).await;
            assert_eq!((answer.status, answer.code()), told, "{}", answer.body);
        }
    }
    let cases = [
        ("none", None, "certificate_missing"),
        ("of another authority", Some(stranger.client("kibana", Flaw::None)), "certificate_untrusted"),
        ("of the server's authority", Some(servers.client("kibana", Flaw::None)), "certificate_untrusted"),
        ("for servers", Some(clients.client("kibana", Flaw::ForServers)), "certificate_untrusted"),
        ("expired", Some(clients.client("kibana", Flaw::Expired)), "certificate_expired"),
        ("not valid yet", Some(clients.client("kibana", Flaw::NotYet)), "certificate_expired"),
        ("of somebody else", Some(clients.client("kibana2", Flaw::None)), "certificate_not_allowed"),
        ("in another case", Some(clients.client("Kibana", Flaw::None)), "certificate_not_allowed"),
        ("of nobody", Some(clients.client("", Flaw::None)), "certificate_not_allowed"),
    ];
    for (description, pair, cause) in &cases {
        let sender = Sender::new(&servers, pair.as_ref());
        for request in ["POST /v1/ingest/elastic", "GET /v1/api-keys", "GET /nowhere"] {
            let answer = sender.send(world.address, request, &[key, PROOF], ALERT).await;
            let told = (answer.status, answer.code());
            assert_eq!(told, (401, "INVALID_SIGNATURE"), "{description}");
            assert!(!answer.body.to_string().contains(cause), "{description}: told");
        }
        let counted = format!("cause=\"{cause}\"");
        assert!(metrics(world.admin).await.contains(&counted), "{description}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_optional_proves_the_body_and_a_wrong_one_is_not_mended() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let files = Files::new(&servers.server(), &clients);
    let changes = [
        ("tls.client_auth", "\"optional\""),
        (
            "verify.methods",
            "[\"signature\", \"secret_header\", \"client_certificate\"]",
        ),
    ];
    let (world, secret) = world(&files, &changes).await;
    let mut queue = world.deliveries(topology::RAW);
    let key = ("x-api-key", secret.expose());
    let forged = ("x-elastic-signature", "sha256=00");
    let right = Sender::new(&servers, Some(&clients.client("anybody", Flaw::None)));
    let wrong = Sender::new(&servers, Some(&servers.client("anybody", Flaw::None)));
    let none = Sender::new(&servers, None);
    for (sender, headers, method) in [
        (&right, vec![key], "client_certificate"),
        (&right, vec![key, PROOF], "client_certificate"),
        (&none, vec![key, PROOF], "secret_header"),
        (&none, vec![key], ""),
        (&right, vec![key, forged], ""),
        (&wrong, vec![key, PROOF], ""),
    ] {
        let answer = sender.post(world.address, &headers, ALERT).await;
        if method.is_empty() {
            let told = (answer.status, answer.code());
            assert_eq!(told, (401, "INVALID_SIGNATURE"), "{headers:?}");
            continue;
        }
        assert_eq!(answer.status, 202, "{headers:?} {}", answer.body);
        let envelope = queue.recv().await.unwrap().envelope.unwrap();
        assert_eq!(envelope.verified_by, method);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_is_taken_away_is_refused_on_open_connections_as_well() {
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let files = Files::new(&servers.server(), &clients);
    let (world, _) = world(&files, &[("tls.client_auth", "\"required\"")]).await;
    let sender = Sender::new(&servers, Some(&clients.client("kibana", Flaw::None)));
    let mut stream = sender.connect(world.address).await.unwrap();
    let mut status = async || {
        stream
            .write_all(b"GET /nowhere HTTP/1.1\r\nhost: gateway\r\n\r\n")
            .await
            .unwrap();
        let mut answer = vec![0; 4_096];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[9..12.min(length)]).into_owned()
    };
    assert_eq!(status().await, "404");
    files.authority(&Authority::new("the next"));
    eventually(Duration::from_secs(10), async || status().await == "401").await;
    files.authority(&clients);
    eventually(Duration::from_secs(10), async || status().await == "404").await;
    let ready = send(world.admin, "GET /readyz", &[], b"").await;
    assert_eq!(ready.status, 200);
}
