//! How much CPU authenticate and verify take for a body of 2 KB, by each kind of proof, with a thousand keys and two
//! secrets live, and whether that is as promised: at most 20 µs. A broken promise ends it with an error.
//! `cargo bench -p calseta-gateway --bench authenticate`. Best of several rounds is judged, the median shown beside it.

#![expect(clippy::print_stdout, reason = "a benchmark is run for what it prints")]

// The same clock for both programs.
#[path = "../../worker/benches/interpret/measure.rs"]
mod measure;

use std::{process::ExitCode, sync::Arc, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use anyhow::Context;
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use calseta_gateway::{
    authenticate::authenticate,
    keys::{Key, KeySecret, KeySet, Keys, Scope},
    verify::{Method, Verifier},
};
use calseta_shared::source::Source;
use futures_util::FutureExt;
use ring::hmac;
use serde_json::json;
use time::OffsetDateTime;
use uuid::Uuid;

/// Authenticate and verify together, in nanoseconds.
const MAX_NANOSECONDS: f64 = 20_000.0;
const BODY: usize = 2_048;
const KEYS: usize = 1_000;
const SECRET: &str = "the secret of a benchmark";
const NOW: Duration = Duration::from_secs(1_700_000_000);

fn main() -> anyhow::Result<ExitCode> {
    let (keys, secret) = keys()?;
    let verifier = Verifier::new(&serde_json::from_value(json!({
        "secret": "the one that is rotated out",
        "secrets": [format!("live:{SECRET}")],
        "methods": "signature,signature_with_timestamp,client_certificate,secret_header,basic",
        "timestamp_window": "5m",
    }))?);
    let body = Bytes::from(vec![b'x'; BODY]);
    let mut broken = Vec::new();
    println!("{:<26} {:>18}", "proof of 2 KB", "best/median µs");
    for (method, more) in proofs(&body) {
        let headers = headers(&secret, &more)?;
        let client = (method == Method::ClientCertificate).then(|| Arc::from("kibana"));
        let admit = || {
            let now = OffsetDateTime::UNIX_EPOCH + NOW;
            let caller = authenticate(&keys, &headers, now, || false)
                .now_or_never()?
                .ok()?;
            caller.needs(Scope::AlertsWrite).ok()?;
            caller.sends_for(Source::Elastic).ok()?;
            verifier
                .verify(&headers, body.clone(), client.as_ref(), NOW)
                .ok()
        };
        let admitted = admit().context("the request did not get in")?;
        anyhow::ensure!(admitted.method() == method, "another proof was taken");
        let time = measure::time(admit);
        println!("{:<26} {time:>18}", method.name());
        if time.best > MAX_NANOSECONDS {
            broken.push(format!("{} takes {:.0} ns", method.name(), time.best));
        }
    }
    if broken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nnot as promised: {}", broken.join("; "));
    Ok(ExitCode::FAILURE)
}

/// Keys in memory, and the secret of one of them.
fn keys() -> anyhow::Result<(Keys, KeySecret)> {
    let secrets: Result<Vec<_>, _> = (0..KEYS).map(|_| KeySecret::generate()).collect();
    let secrets = secrets?;
    let all = secrets.iter().map(|secret| Key {
        id: Uuid::now_v7(),
        name: "one of many".into(),
        prefix: secret.prefix().into(),
        hash: secret.hash(),
        scopes: vec![Scope::AlertsWrite],
        allowed_sources: None,
        rate: None,
        created_at: OffsetDateTime::UNIX_EPOCH,
        expires_at: None,
        revoked_at: None,
        last_used_at: None,
        replaced_by: None,
    });
    let keys = Keys::new();
    keys.replace(KeySet::new(all.collect(), None));
    let secret = secrets.into_iter().nth(KEYS / 2);
    Ok((keys, secret.context("there is no key")?))
}

type Headers = Vec<(&'static str, String)>;

/// Every kind of proof, with its headers.
fn proofs(body: &[u8]) -> Vec<(Method, Headers)> {
    let now = NOW.as_secs().to_string();
    let stamped = sign(&[now.as_bytes(), b".", body].concat());
    let basic = format!("Basic {}", STANDARD.encode(format!("kibana:{SECRET}")));
    vec![
        (Method::Signature, vec![("x-elastic-signature", sign(body))]),
        (
            Method::SignatureWithTimestamp,
            vec![
                ("x-elastic-signature", stamped),
                ("x-elastic-timestamp", now),
            ],
        ),
        (Method::ClientCertificate, vec![]),
        (
            Method::SecretHeader,
            vec![("x-elastic-webhook-secret", SECRET.into())],
        ),
        (Method::Basic, vec![("authorization", basic)]),
    ]
}

fn sign(bytes: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    let tag = hmac::sign(&key, bytes);
    let hex: Vec<_> = tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256={}", hex.concat())
}

/// As Kibana sends them: a few that mean nothing to us come first.
fn headers(secret: &KeySecret, more: &Headers) -> anyhow::Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    let usual = [
        ("host", "gateway.example"),
        ("user-agent", "axios/1.7.4"),
        ("content-type", "application/json"),
        ("content-length", "2048"),
        ("accept", "application/json, text/plain, */*"),
        ("x-api-key", secret.expose()),
    ];
    let more = more.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in usual.into_iter().chain(more) {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    }
    Ok(headers)
}
