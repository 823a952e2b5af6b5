//! Every curl example of gateway/README.md is run against a gateway, and gets the status and the code written beside it.

use std::{collections::HashSet, fs, net::SocketAddr, path::Path, process::Command};

use calseta_gateway::{
    error::Code,
    keys::{Draft, KeySecret, Rate, Scope},
};
use calseta_shared::dead_letter::Reason;
use calseta_worker::dead_letters::{Filter, Run, Why};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use tokio::task::block_in_place;

use crate::{
    dead_letters::bury,
    http::{Answer, ask},
    world::{SECRET, World},
};

const README: &str = include_str!("../../README.md");
const ALERT: &str = r#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;
/// An alert without one of its commas.
const BROKEN: &[u8] = br#"{"_id": "a2" "kibana.alert.uuid": "a2"}"#;
const MENDED: &str = r#"{"_id": "a2", "kibana.alert.uuid": "a2"}"#;

/// An example: what is typed, and what comes back.
struct Example {
    command: String,
    status: String,
    code: String,
}

/// The indented commands, each up to the line that names its status.
fn examples() -> Vec<Example> {
    let (mut examples, mut begun) = (Vec::new(), String::new());
    for line in README.lines() {
        let begins = line.starts_with("    curl ");
        assert!(!begins || begun.is_empty(), "no status: {begun}");
        if !begins && begun.is_empty() {
            continue;
        }
        let (command, expected) = line.rsplit_once(" # ").unwrap_or((line, ""));
        begun.push_str(command.trim());
        begun.push('\n');
        if !expected.is_empty() {
            let (status, code) = expected.split_once(' ').unwrap_or((expected, ""));
            examples.push(Example {
                command: std::mem::take(&mut begun),
                status: status.to_owned(),
                code: code.to_owned(),
            });
        }
    }
    assert!(begun.is_empty(), "no status: {begun}");
    examples
}

async fn key(world: &World, draft: impl FnOnce(&mut Draft)) -> KeySecret {
    let mut all = Draft {
        name: "contract".into(),
        scopes: vec![Scope::AlertsWrite],
        allowed_sources: None,
        rate: None,
        expires_at: None,
    };
    draft(&mut all);
    world.store().create(&all, "test").await.unwrap().1
}

/// The keys that the examples call by a name.
async fn keys(world: &World) -> Vec<(&'static str, KeySecret)> {
    let past = OffsetDateTime::now_utc() - Duration::hours(1);
    let (per_second, burst) = (1, 1);
    let rate = Some(Rate { per_second, burst });
    vec![
        ("API_KEY", key(world, |_| {}).await),
        ("SPENT_KEY", key(world, |draft| draft.rate = rate).await),
        (
            "EXPIRED_KEY",
            key(world, |draft| draft.expires_at = Some(past)).await,
        ),
        (
            "READ_KEY",
            key(world, |draft| draft.scopes = vec![Scope::AlertsRead]).await,
        ),
        (
            "KEY_WITHOUT_SOURCES",
            key(world, |draft| draft.allowed_sources = Some(vec![])).await,
        ),
        (
            "ADMIN_KEY",
            key(world, |draft| draft.scopes = vec![Scope::Admin]).await,
        ),
    ]
}

/// A run whose program was killed.
async fn interrupted_run(world: &World) -> String {
    let pool = world.settings.database.pool("test").unwrap();
    let why = Why {
        actor: "another program".into(),
        reason: "fixed".into(),
    };
    let run = Run::start(&pool, Filter::default(), &why).await.unwrap();
    run.id.to_string()
}

/// What the examples call by a name.
async fn variables(world: &World) -> Vec<(&'static str, String)> {
    let keys = keys(world).await;
    let (good, admin) = (&keys[0].1, &keys[5].1);
    let accepted = world.post(good, ALERT.as_bytes()).await;
    let refused = world.post(good, BROKEN).await;
    // A worker stores what was refused.
    let dead = bury(world, Reason::InvalidJson, &[BROKEN.to_vec()]).await;
    let mapping = json!({"field_path": "acme.proxy", "indicator_type": "domain"});
    let mapping = ask(world.address, admin, "POST /v1/indicator-mappings", mapping).await;
    let found = |answer: &Answer, place: &str| {
        let text = answer.body.pointer(place).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("{place}: {}", answer.body))
            .to_owned()
    };
    let id = found(&refused, "/error/details/dead_letter_id");
    assert_eq!(id, dead[0].to_string());
    let mut all = vec![
        ("ELASTIC_WEBHOOK_SECRET", SECRET.into()),
        ("RECEIPT_ID", found(&accepted, "/data/receipt_id")),
        ("ID", id),
        ("RUN", interrupted_run(world).await),
        ("UUID", found(&mapping, "/data/uuid")),
    ];
    all.extend(keys.iter().map(|(name, key)| (*name, key.expose().into())));
    all
}

/// Body and status.
fn run(
    command: &str,
    folder: &Path,
    address: SocketAddr,
    variables: &[(&str, String)],
) -> (Value, String) {
    let command = command
        .replace("localhost:8080", &address.to_string())
        .replacen(
            "curl ",
            "curl --silent --max-time 60 --write-out '\n%{http_code}' ",
            1,
        );
    let mut bash = Command::new("bash");
    bash.args(["-c", &command])
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .current_dir(folder);
    let output = block_in_place(|| bash.output()).unwrap().stdout;
    let output = String::from_utf8(output).unwrap();
    let (body, status) = output.rsplit_once('\n').unwrap();
    (
        serde_json::from_str(body).unwrap_or_default(),
        status.to_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_the_contract_gets_the_status_written_beside_it() {
    let changes = [
        ("http.body_idle_timeout", "\"300ms\""),
        ("back_office.replays", "9"),
    ];
    let world = World::ready(&changes).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alert.json"), ALERT).unwrap();
    fs::write(folder.path().join("mended"), MENDED).unwrap();
    let large = fs::File::create(folder.path().join("17-mebibytes")).unwrap();
    large.set_len(17 << 20).unwrap();
    let variables = variables(&world).await;
    let mut shown = HashSet::new();
    for example in examples() {
        let run = || run(&example.command, folder.path(), world.address, &variables);
        if example.code == "RATE_LIMITED" {
            // Its rate is one a second: whatever that takes, one of a few is over it.
            let mut answers = Vec::new();
            for _ in 0..20 {
                answers.push(run().1);
            }
            assert!(answers.contains(&example.status), "{answers:?}");
        } else {
            let (body, status) = run();
            let code = body["error"]["code"].as_str().unwrap_or_default();
            let told = (status.as_str(), code);
            assert_eq!(
                told,
                (example.status.as_str(), example.code.as_str()),
                "{}",
                example.command
            );
        }
        shown.insert(example.code);
    }
    for code in Code::ALL {
        let never = code == Code::Internal;
        assert!(
            never || shown.contains(code.name()),
            "{} has no example",
            code.name()
        );
    }
}
