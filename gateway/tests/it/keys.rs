//! Keys while alerts come in: new ones work at once, revoked ones not for a second, rotation refuses none.

use std::time::Duration;

use calseta_gateway::keys::Scope;
use time::OffsetDateTime;

use crate::world::{World, eventually};

const ALERT: &[u8] = br#"{"_id": "a1", "kibana.alert.uuid": "a1"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_works_at_once_and_a_revoked_one_not_for_a_second() {
    let world = World::ready(&[]).await;
    for _ in 0..3 {
        let (key, secret) = world.key(&[Scope::AlertsWrite]).await;
        assert_eq!(world.post(&secret, ALERT).await.status, 202);
        world.store().revoke(key.id, "test").await.unwrap();
        eventually(Duration::from_secs(1), async || {
            world.post(&secret, ALERT).await.code() == "UNAUTHORIZED"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_alert_is_refused_while_its_key_is_rotated() {
    let world = World::ready(&[]).await;
    let (key, old) = world.key(&[Scope::AlertsWrite]).await;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let posting = async {
        let mut posted = 0;
        while !*stopped.borrow() || posted < 50 {
            let answer = world.post(&old, ALERT).await;
            assert_eq!(answer.status, 202, "{}", answer.body);
            posted += 1;
        }
    };
    let rotating = async {
        let until = OffsetDateTime::now_utc() + Duration::from_secs(60);
        let (new_key, new) = world.store().rotate(key.id, until, "test").await.unwrap();
        assert_eq!(new_key.scopes, key.scopes);
        for _ in 0..20 {
            assert_eq!(world.post(&new, ALERT).await.status, 202);
        }
        let again = world.store().rotate(key.id, until, "test").await;
        assert!(again.is_err(), "a key has one successor");
        stop.send_replace(true);
        (new_key, until)
    };
    let ((), (new_key, until)) = tokio::join!(posting, rotating);
    let old = world.store().get(&key.id.to_string()).await.unwrap();
    assert_eq!(old.replaced_by, Some(new_key.id));
    assert_eq!(
        old.expires_at.map(OffsetDateTime::unix_timestamp),
        Some(until.unix_timestamp())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_is_written_lazily_and_an_ended_key_is_told_so() {
    let world = World::ready(&[("keys.usage_interval", "\"1s\"")]).await;
    let (key, secret) = world.key(&[Scope::AlertsWrite]).await;
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
    eventually(Duration::from_secs(5), async || {
        let key = world.store().get(&key.prefix).await.unwrap();
        key.last_used_at.is_some()
    })
    .await;
    let end = format!(
        "UPDATE api_keys SET expires_at = now() WHERE id = '{}'",
        key.id
    );
    world.sql(&end).await;
    eventually(Duration::from_secs(1), async || {
        world.post(&secret, ALERT).await.code() == "KEY_EXPIRED"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_a_file_need_no_database_and_one_taken_out_is_refused() {
    let (secret, entry) = {
        let draft = calseta_gateway::keys::Draft {
            name: "dmz".into(),
            scopes: vec![Scope::AlertsWrite],
            allowed_sources: None,
            rate: None,
            expires_at: None,
        };
        calseta_gateway::keys::file::generate(&draft).unwrap()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), entry).unwrap();
    let path = format!("{:?}", file.path());
    let changes = [("keys.file", path.as_str()), ("database.url", "\"\"")];
    let world = World::ready(&changes).await;
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
    std::fs::write(file.path(), "").unwrap();
    eventually(Duration::from_secs(3), async || {
        world.post(&secret, ALERT).await.code() == "UNAUTHORIZED"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_guesses_is_slowed_down_but_a_right_key_passes() {
    let world = World::ready(&[("authenticate.failures_burst", "5")]).await;
    let (_, secret) = world.key(&[Scope::AlertsWrite]).await;
    let guess = calseta_gateway::keys::KeySecret::generate().unwrap();
    // Many at once: one failure a second is forgiven, and a slow machine must not make that count.
    let guesses = (0..40).map(|_| world.post(&guess, ALERT));
    let answers = futures_util::future::join_all(guesses).await;
    for answer in &answers {
        assert_eq!(answer.status == 429, answer.header("retry-after").is_some());
    }
    let count = |code| answers.iter().filter(|a| a.code() == code).count();
    assert!(count("UNAUTHORIZED") >= 5);
    assert!(count("RATE_LIMITED") > 0);
    assert_eq!(world.post(&secret, ALERT).await.status, 202);
}
