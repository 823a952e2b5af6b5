//! A port with a certificate: it speaks TLS alone, and its certificate changes while it is used.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use calseta_gateway::keys::{KeySecret, Scope};
use rustls::{
    pki_types::CertificateDer,
    version::{TLS12, TLS13},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

use crate::{
    certificates::{Authority, Files, Sender},
    http::{metrics, send},
    world::{SECRET, World, eventually},
};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

async fn world(files: &Files, changes: &[(&str, &str)]) -> World {
    let (certificate, key) = (files.setting("certificate"), files.setting("key"));
    let mut all = vec![
        ("tls.certificate", certificate.as_str()),
        ("tls.key", &key),
        ("tls.reload_interval", "\"100ms\""),
    ];
    all.extend_from_slice(changes);
    World::ready(&all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_with_a_certificate_speaks_tls_from_its_least_version_on_and_nothing_else() {
    let authority = Authority::new("servers");
    let files = Files::new(&authority.server(), &authority);
    for (least, versions) in [("\"1.2\"", [true, true]), ("\"1.3\"", [false, true])] {
        let world = world(&files, &[("tls.min_version", least)]).await;
        let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
        let headers = [
            ("x-api-key", secret.expose()),
            ("x-elastic-webhook-secret", SECRET),
        ];
        for (version, speaks) in [&TLS12, &TLS13].into_iter().zip(versions) {
            let sender = Sender::speaking(&authority, None, &[version]);
            if speaks {
                let answer = sender.post(world.address, &headers, ALERT).await;
                assert_eq!(answer.status, 202, "{version:?} {}", answer.body);
            } else {
                assert!(sender.connect(world.address).await.is_err(), "{version:?}");
            }
        }
        let mut plain = TcpStream::connect(world.address).await.unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        drop(plain.read_to_end(&mut answer).await);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_stops_is_dropped_and_not_waited_for() {
    let authority = Authority::new("servers");
    let files = Files::new(&authority.server(), &authority);
    let changes = [
        ("tls.handshake_timeout", "\"300ms\""),
        ("tls.handshakes", "4"),
    ];
    let world = world(&files, &changes).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(world.address).await.unwrap());
    }
    let sender = Sender::new(&authority, None);
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let headers = [
        ("x-api-key", secret.expose()),
        ("x-elastic-webhook-secret", SECRET),
    ];
    let answered = sender.post(world.address, &headers, ALERT);
    let answer = tokio::time::timeout(Duration::from_secs(10), answered).await;
    assert_eq!(answer.unwrap().status, 202);
    for mut stream in silent {
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        let ended = tokio::time::timeout(Duration::from_secs(10), ended).await;
        assert!(ended.is_ok());
    }
}

async fn shown(sender: &Sender, world: &World) -> CertificateDer<'static> {
    let stream = sender.connect(world.address).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].clone()
}

/// Senders that post one alert after the other, each on a new connection, and accept nothing but 202.
struct Load {
    ends: Arc<AtomicBool>,
    accepted: Arc<AtomicU32>,
    senders: Vec<JoinHandle<()>>,
}

impl Load {
    fn start(sender: &Sender, secret: &KeySecret, world: &World) -> Self {
        let mut load = Self {
            ends: Arc::default(),
            accepted: Arc::default(),
            senders: Vec::new(),
        };
        for _ in 0..3 {
            let (ends, accepted) = (load.ends.clone(), load.accepted.clone());
            let (sender, secret, address) = (sender.clone(), secret.clone(), world.address);
            load.senders.push(tokio::spawn(async move {
                let key = ("x-api-key", secret.expose());
                while !ends.load(Ordering::Relaxed) {
                    let proof = ("x-elastic-webhook-secret", SECRET);
                    let answer = sender.post(address, &[key, proof], ALERT).await;
                    assert_eq!(answer.status, 202, "{}", answer.body);
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
            }));
        }
        load
    }

    fn accepted(&self) -> u32 {
        self.accepted.load(Ordering::Relaxed)
    }

    async fn end(self) {
        self.ends.store(true, Ordering::Relaxed);
        for sender in self.senders {
            sender.await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_changes_under_load_without_one_refused_request() {
    let authority = Authority::new("servers");
    let first = authority.server();
    let files = Files::new(&first, &authority);
    let world = world(&files, &[]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let sender = Sender::new(&authority, None);
    let load = Load::start(&sender, &secret, &world);
    for _ in 0..5 {
        let next = authority.server();
        let before = load.accepted();
        files.certificate(&next);
        files.key(&next);
        eventually(Duration::from_secs(10), async || {
            let passed = load.accepted() > before;
            shown(&sender, &world).await == next.certificate && passed
        })
        .await;
    }
    let last = shown(&sender, &world).await;
    files.key(&first);
    eventually(Duration::from_secs(10), async || {
        let answer = send(world.admin, "GET /readyz", &[], b"").await;
        answer.body.to_string().contains("tls.key")
    })
    .await;
    assert_eq!(
        shown(&sender, &world).await,
        last,
        "the last good pair stays in force"
    );
    assert!(
        metrics(world.admin)
            .await
            .contains("gateway_tls_reloads_total{result=\"refused\"}")
    );
    files.certificate(&first);
    eventually(Duration::from_secs(10), async || {
        shown(&sender, &world).await == first.certificate
    })
    .await;
    load.end().await;
    let text = metrics(world.admin).await;
    assert!(
        text.contains("gateway_tls_certificate_expiry_timestamp_seconds"),
        "{text}"
    );
}
