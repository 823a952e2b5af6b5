//! Every curl example of gateway/README.md is run against a gateway, and gets the status and the code written beside it.

use std::{collections::HashSet, fs, net::SocketAddr, path::Path, process::Command};

use calseta_gateway::{
    error::Code,
    keys::{Draft, KeySecret, Rate, Scope},
};
use time::{Duration, OffsetDateTime};
use tokio::task::block_in_place;

use crate::world::{SECRET, World};

const README: &str = include_str!("../../README.md");
const ALERT: &str = r#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

/// An example: what is typed, and what comes back.
struct Example {
    command: String,
    status: String,
    code: String,
}

/// The indented commands, with their following lines.
fn examples() -> Vec<Example> {
    let joined = README.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| line.starts_with("    curl "));
    let example = |line: &str| {
        let (command, expected) = line
            .rsplit_once(" # ")
            .expect("an example names its status");
        let (status, code) = expected.split_once(' ').unwrap_or((expected, ""));
        Example {
            command: command.trim().to_owned(),
            status: status.to_owned(),
            code: code.to_owned(),
        }
    };
    lines.map(example).collect()
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

/// What the examples call by a name.
async fn variables(world: &World) -> Vec<(&'static str, String)> {
    let good = key(world, |_| {}).await;
    let spent = key(world, |draft| {
        let (per_second, burst) = (1, 1);
        draft.rate = Some(Rate { per_second, burst });
    })
    .await;
    let past = OffsetDateTime::now_utc() - Duration::hours(1);
    let accepted = world.post(&good, ALERT.as_bytes()).await;
    let receipt = accepted.body["data"]["receipt_id"].as_str().unwrap();
    let secret = |key: KeySecret| key.expose().to_owned();
    vec![
        ("ELASTIC_WEBHOOK_SECRET", SECRET.into()),
        ("RECEIPT_ID", receipt.into()),
        ("API_KEY", secret(good)),
        ("SPENT_KEY", secret(spent)),
        (
            "EXPIRED_KEY",
            secret(key(world, |draft| draft.expires_at = Some(past)).await),
        ),
        (
            "READ_KEY",
            secret(key(world, |draft| draft.scopes = vec![Scope::AlertsRead]).await),
        ),
        (
            "KEY_WITHOUT_SOURCES",
            secret(key(world, |draft| draft.allowed_sources = Some(vec![])).await),
        ),
    ]
}

/// Body and status.
fn run(
    command: &str,
    folder: &Path,
    address: SocketAddr,
    variables: &[(&str, String)],
) -> (serde_json::Value, String) {
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
    let world = World::ready(&[("http.body_idle_timeout", "\"300ms\"")]).await;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("alert.json"), ALERT).unwrap();
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
