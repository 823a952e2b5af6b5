//! Replays by HTTP: tried first, run in the background, resumed after an end that nobody meant.

use std::time::Duration;

use calseta_gateway::keys::{KeySecret, Scope};
use calseta_shared::dead_letter::Reason;
use calseta_worker::dead_letters::{Filter, Run, Why};
use serde_json::{Value, json};

use crate::{
    dead_letters::{alert, bury},
    http::ask,
    world::{World, eventually},
};

const REPLAYS: &str = "POST /v1/dead-letters/replays";

async fn run(world: &World, key: &KeySecret, id: &str) -> Value {
    let path = format!("GET /v1/dead-letters/replays/{id}");
    ask(world.address, key, &path, Value::Null).await.body["data"].clone()
}

async fn until_finished(world: &World, key: &KeySecret, started: &Value) -> Value {
    let id = started["id"].as_str().unwrap();
    eventually(Duration::from_secs(20), async || {
        run(world, key, id).await["state"] == "finished"
    })
    .await;
    run(world, key, id).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_tried_first_then_runs_to_its_end_and_resolves_what_it_stored() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let mut bodies: Vec<_> = (0..30).map(|n| alert(&n.to_string())).collect();
    bodies.push(b"{ still broken".to_vec());
    let letters = bury(&world, Reason::DeliveryLimit, &bodies).await;

    let which = json!({"filter": {"reason": "delivery_limit"}, "dry_run": true});
    let tried = ask(world.address, &admin, REPLAYS, which).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    assert_eq!(tried.body["data"]["matched"], 31);
    assert_eq!(tried.body["data"]["sample"].as_array().unwrap().len(), 10);

    let which = json!({"filter": {"reason": "delivery_limit"}, "why": "fixed", "rate": 1_000});
    let started = ask(world.address, &admin, REPLAYS, which).await;
    assert_eq!(started.status, 202, "{}", started.body);
    assert_eq!(started.body["data"]["state"], "running");
    let ended = until_finished(&world, &admin, &started.body["data"]).await;
    let counts = ["matched", "stored", "failed", "skipped"].map(|name| ended[name].as_i64());
    assert_eq!(counts, [Some(31), Some(30), Some(1), Some(0)]);
    assert_eq!(ended["actor"], format!("test ({})", admin.prefix()));

    let path = format!("GET /v1/dead-letters/{}", letters[0]);
    let shown = ask(world.address, &admin, &path, Value::Null).await;
    assert_eq!(shown.body["data"]["status"], "resolved");
    assert!(shown.body["data"]["alert_uuid"].is_string());
    world
        .sql("DO $$ BEGIN ASSERT (SELECT count(*) FROM alerts) = 30; END $$")
        .await;
    let again = format!("POST /v1/dead-letters/{}/replay", letters[0]);
    let again = ask(world.address, &admin, &again, json!({"why": "once more"})).await;
    assert_eq!((again.status, again.code()), (422, "INVALID_PAYLOAD"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_program_is_gone_is_interrupted_and_can_be_resumed() {
    let world = World::ready(&[]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    bury(&world, Reason::Constraint, &[alert("a"), alert("b")]).await;
    let pool = world.settings.database.pool("test").unwrap();
    let why = Why {
        actor: "another program".into(),
        reason: "fixed".into(),
    };
    let marked = Run::start(&pool, Filter::default(), &why).await.unwrap();
    let id = marked.id.to_string();
    assert_eq!(run(&world, &admin, &id).await["state"], "running");
    drop(marked);
    eventually(Duration::from_secs(5), async || {
        run(&world, &admin, &id).await["state"] == "interrupted"
    })
    .await;
    let resume = format!("POST /v1/dead-letters/replays/{id}/resume");
    let resumed = ask(world.address, &admin, &resume, json!({})).await;
    assert_eq!(resumed.status, 202, "{}", resumed.body);
    let ended = until_finished(&world, &admin, &resumed.body["data"]).await;
    assert_eq!(
        (&ended["stored"], &ended["actor"]),
        (&json!(2), &json!("another program"))
    );
    let over = ask(world.address, &admin, &resume, json!({})).await;
    assert_eq!(over.code(), "NOT_FOUND");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_replays_than_the_gateway_runs_at_a_time_are_asked_to_wait() {
    let world = World::ready(&[("back_office.replays", "1")]).await;
    let (_, admin) = world.key(&[Scope::Admin]).await;
    let letters = bury(
        &world,
        Reason::Constraint,
        &[alert("a"), alert("b"), alert("c")],
    )
    .await;
    let slowly = json!({"all": true, "why": "fixed", "rate": 1});
    let started = ask(world.address, &admin, REPLAYS, slowly).await;
    assert_eq!(started.status, 202, "{}", started.body);
    let one = format!("POST /v1/dead-letters/{}/replay", letters[2]);
    let refused = ask(world.address, &admin, &one, json!({"why": "now"})).await;
    assert_eq!((refused.status, refused.code()), (429, "OVERLOADED"));
    assert!(refused.header("retry-after").is_some());
    // Asking for a running one again is no second run.
    let id = started.body["data"]["id"].as_str().unwrap();
    let resume = format!("POST /v1/dead-letters/replays/{id}/resume");
    let running = ask(world.address, &admin, &resume, json!({})).await;
    assert_eq!(
        (running.status, &running.body["data"]["state"]),
        (202, &json!("running"))
    );
    let ended = until_finished(&world, &admin, &started.body["data"]).await;
    assert_eq!(ended["stored"], 3);
}
