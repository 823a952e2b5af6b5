//! A change of the custom field mappings is in use within a second, and a bad one harms no other.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use calseta_shared::{
    broker::Backoff,
    health::{Health, State},
    payload::Limits,
};
use calseta_worker::{interpret::Interpreter, mappings::Mappings};
use tokio_util::sync::CancellationToken;

use crate::{
    database::{Database, eventually},
    letters::interpreter,
};

const DOCUMENT: &str =
    r#"{"kibana.alert.uuid":"a","kibana.alert.rule.name":"R","acme.gateway":"203.0.113.9"}"#;
const SECOND: Duration = Duration::from_secs(1);

struct Live {
    database: Database,
    interpreter: Arc<ArcSwap<Interpreter>>,
    health: Health,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Live {
    async fn start() -> anyhow::Result<Self> {
        let database = Database::create().await?;
        let (health, stop) = (Health::new(), CancellationToken::new());
        let interpreter = Arc::new(ArcSwap::from_pointee(interpreter()));
        let mappings = Mappings {
            settings: database.config.database.settings("test")?,
            interpreter: interpreter.clone(),
            limits: Limits::default(),
            // Only being told can be quick enough.
            poll_interval: Duration::from_secs(3_600),
            backoff: Backoff::new(Duration::from_millis(10), Duration::from_millis(100)),
            health: health.part("field_mappings"),
            stop: stop.clone(),
        };
        let task = mappings.start().await;
        Ok(Self {
            database,
            interpreter,
            health,
            stop,
            task,
        })
    }

    async fn until_indicators(&self, count: usize) -> anyhow::Result<()> {
        eventually(SECOND, async || {
            let interpreter = self.interpreter.load_full();
            let payload = interpreter.read(DOCUMENT.as_bytes())?;
            let (_, extraction) = interpreter.document(&payload.documents[0], None)?;
            Ok((extraction.indicators.len() == count).then_some(()))
        })
        .await
    }

    async fn end(self) -> anyhow::Result<()> {
        self.stop.cancel();
        Ok(self.task.await?)
    }
}

const ADD: &str = "INSERT INTO indicator_field_mappings (id, field_path, indicator_type) \
     VALUES (gen_random_uuid(), 'acme.gateway', 'ip')";

#[tokio::test]
async fn a_change_of_a_mapping_is_in_use_within_a_second() -> anyhow::Result<()> {
    let live = Live::start().await?;
    live.until_indicators(0).await?;
    live.database.run(ADD).await?;
    live.until_indicators(1).await?;
    live.database
        .run("UPDATE indicator_field_mappings SET is_active = false")
        .await?;
    live.until_indicators(0).await?;
    live.end().await
}

#[tokio::test]
async fn a_mapping_that_cannot_be_used_is_said_and_harms_no_other() -> anyhow::Result<()> {
    let live = Live::start().await?;
    let bad = "INSERT INTO indicator_field_mappings (id, field_path, indicator_type) \
         VALUES (gen_random_uuid(), 'a..b', 'ip'), (gen_random_uuid(), 'acme.other', 'phone')";
    live.database.run(&format!("{bad}; {ADD}")).await?;
    live.until_indicators(1).await?;
    let (ready, parts) = live.health.report();
    let degraded = State::Degraded("2 field mappings cannot be used".into());
    assert_eq!(
        (ready, parts.get("field_mappings")),
        (true, Some(&degraded))
    );
    live.end().await
}

#[tokio::test]
async fn a_lost_connection_is_made_again_and_misses_nothing() -> anyhow::Result<()> {
    let live = Live::start().await?;
    let lose = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND query LIKE '%indicator_field_mappings%' \
         AND pid <> pg_backend_pid()";
    live.database.run(&format!("{lose}; {ADD}")).await?;
    live.until_indicators(1).await?;
    live.end().await
}
