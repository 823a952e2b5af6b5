//! One test's own world: vhost, database and a running gateway, all gone when it is dropped.

use std::{net::SocketAddr, time::Duration};

use calseta_gateway::{
    config::{Settings, VARIABLES},
    keys::{Draft, Key, KeySecret, KeyStore, Scope},
    service::Service,
};
use calseta_shared::{
    broker::{Consumer, ConsumerConfig, Delivery},
    config::Environment,
    health::Health,
};
use tempfile::TempDir;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use tokio_postgres::NoTls;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    http::{Answer, send},
    vhost::Vhost,
};

pub(crate) const SECRET: &str = "a webhook secret of a test";
const MIGRATIONS: [&str; 2] = [
    include_str!("../../../worker/migrations/V1__initial.sql"),
    include_str!("../../../worker/migrations/V2__compress_only_the_document.sql"),
];

pub(crate) struct World {
    name: String,
    server_url: String,
    vhost: Vhost,
    pub(crate) settings: Settings,
    /// Held for its end: the spool is in it.
    _folder: TempDir,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
    stop: CancellationToken,
}

pub(crate) fn required(environment: &Environment, name: &str) -> String {
    let value = environment.get(name);
    value
        .unwrap_or_else(|| panic!("{name} is not set: run `make test`"))
        .to_owned()
}

impl World {
    /// Starts a gateway whose database is empty.
    pub(crate) async fn without_tables() -> Self {
        Self::start(&[], &[]).await
    }

    async fn start(changes: &[(&str, &str)], migrations: &[&str]) -> Self {
        let environment = Environment::of_process(&[]);
        let server_url = required(&environment, "DATABASE_URL");
        let name = format!("calseta_test_{}", Uuid::now_v7().simple());
        let vhost = Vhost::create(&environment, &name);
        execute(&server_url, &format!("CREATE DATABASE {name}")).await;
        let database_url = format!("{}/{name}", server_url.rsplit_once('/').unwrap().0);
        for migration in migrations {
            execute(&database_url, migration).await;
        }
        let folder = tempfile::tempdir().unwrap();
        let spool = format!("\"{}\"", folder.path().join("spool").display());
        let mut all = vec![("spool.dir", spool.as_str())];
        all.retain(|(key, _)| changes.iter().all(|(other, _)| other != key));
        all.extend_from_slice(changes);
        let settings = settings(&database_url, &vhost.url, &all);
        let service = Service::start(&settings).unwrap();
        let (address, admin) = (service.address(), service.admin_address());
        let stop = CancellationToken::new();
        tokio::spawn(service.run(stop.clone()));
        Self {
            name,
            server_url,
            vhost,
            settings,
            _folder: folder,
            address,
            admin,
            stop,
        }
    }

    /// Starts a gateway and waits until it is ready; `changes` are settings, `section.key`, that differ
    /// from the default.
    pub(crate) async fn ready(changes: &[(&str, &str)]) -> Self {
        let world = Self::start(changes, &MIGRATIONS).await;
        eventually(Duration::from_secs(15), async || {
            let ready = send(world.admin, "GET /readyz", &[], b"").await;
            // Ready is also a gateway that spools; a test wants its broker.
            ready.status == 200 && ready.body["parts"]["broker"]["state"] == "ready"
        })
        .await;
        world
    }

    /// Takes the test's broker away, with all that is in it.
    pub(crate) fn lose_broker(&self) {
        self.vhost.lose();
    }

    /// Brings the broker back, empty.
    pub(crate) fn find_broker(&self) {
        self.vhost.find();
    }

    /// The keys of the test's database.
    pub(crate) fn store(&self) -> KeyStore {
        KeyStore::new(self.settings.database.pool("test").unwrap())
    }

    /// Makes a key with these scopes.
    pub(crate) async fn key(&self, scopes: &[Scope]) -> (Key, KeySecret) {
        let draft = Draft {
            name: "test".into(),
            scopes: scopes.to_vec(),
            allowed_sources: None,
            rate: None,
            expires_at: None,
        };
        self.store().create(&draft, "test").await.unwrap()
    }

    /// Posts a body as Kibana would, with the secret in its header.
    pub(crate) async fn post(&self, key: &KeySecret, body: &[u8]) -> Answer {
        self.post_with(key, &[], body).await
    }

    /// Posts a body with more headers.
    pub(crate) async fn post_with(
        &self,
        key: &KeySecret,
        more: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut headers = vec![
            ("x-api-key", key.expose()),
            ("x-elastic-webhook-secret", SECRET),
        ];
        headers.extend_from_slice(more);
        send(self.address, "POST /v1/ingest/elastic", &headers, body).await
    }

    /// Runs statements in the test's database.
    pub(crate) async fn sql(&self, statements: &str) {
        let url = self.settings.database.url.clone();
        execute(secrecy::ExposeSecret::expose_secret(&url), statements).await;
    }

    /// Runs statements in the server's own database.
    pub(crate) async fn server_sql(&self, statements: &str) {
        execute(&self.server_url, &statements.replace("$NAME", &self.name)).await;
    }

    /// Deliveries of a queue, for as long as the receiver lives.
    pub(crate) fn deliveries(&self, queue: &'static str) -> mpsc::Receiver<Delivery> {
        let ((sender, receiver), largest) = (mpsc::channel(100), bytesize::ByteSize::gib(1));
        let consumer = Consumer {
            broker: self.settings.broker.clone(),
            topology: self.settings.topology.clone(),
            queue,
            config: ConsumerConfig::new(100, largest),
            largest,
            health: Health::new().part("test"),
            stop: self.stop.clone(),
            finished: self.stop.clone(),
        };
        tokio::spawn(consumer.run(sender));
        receiver
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        let (url, name) = (self.server_url.clone(), self.name.clone());
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let drop = format!("DROP DATABASE {name} WITH (FORCE)");
            runtime.unwrap().block_on(execute(&url, &drop));
        });
        dropping.join().unwrap();
    }
}

/// Settings of a test: free ports, few waits, and what differs.
pub(crate) fn settings(database_url: &str, amqp_url: &str, changes: &[(&str, &str)]) -> Settings {
    let environment = Environment::of(
        VARIABLES,
        [
            ("DATABASE_URL", database_url),
            ("AMQP_URL", amqp_url),
            ("ELASTIC_WEBHOOK_SECRET", SECRET),
            ("CALSETA__HTTP__LISTEN", "127.0.0.1:0"),
            ("CALSETA__HTTP__WORKERS", "2"),
            ("CALSETA__ADMIN__LISTEN", "127.0.0.1:0"),
        ],
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let lines: Vec<_> = changes
        .iter()
        .map(|(key, value)| format!("{key} = {value}"))
        .collect();
    std::fs::write(file.path(), lines.join("\n")).unwrap();
    Settings::load(Some(file.path()), &environment).unwrap()
}

async fn execute(url: &str, statements: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
}

/// Waits until something holds; panics when it does not in time.
pub(crate) async fn eventually(limit: Duration, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !holds().await {
        assert!(
            Instant::now() < deadline,
            "it did not happen within {limit:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}
