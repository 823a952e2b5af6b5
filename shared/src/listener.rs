//! Hears what Postgres tells of a table's changes (`LISTEN`), so that what is kept in memory is not stale.
//!
//! The connection is its own, outside of the pool. When it ends, the owner is told once and opens
//! another; what was told in between is lost, so a new listener is a reason to look again.

use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::{AsyncMessage, Client};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    database::{DatabaseConfig, DatabaseError},
    tls,
};

/// An open ear for one channel.
pub struct Listener {
    changes: mpsc::Receiver<()>,
    connection: JoinHandle<()>,
    client: Client,
}

/// The channel cannot be listened to now.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The URL cannot be used.
    #[error(transparent)]
    Url(#[from] DatabaseError),
    /// Postgres refused or is away.
    #[error("postgres cannot be listened to")]
    Postgres(#[from] tokio_postgres::Error),
}

impl Listener {
    /// Connects and listens to `channel`, which must be a plain name.
    ///
    /// # Errors
    /// When Postgres is away or refuses.
    pub async fn open(
        database: &DatabaseConfig,
        application: &str,
        channel: &'static str,
    ) -> Result<Self, ListenError> {
        let settings = database.settings(application)?;
        let connector = MakeRustlsConnect::new(tls::client());
        let (client, mut connection) = settings.connect(connector).await?;
        // One place: a change that nobody has looked at yet covers all that follow.
        let (tell, changes) = mpsc::channel(1);
        let connection = tokio::spawn(async move {
            while let Some(Ok(told)) =
                std::future::poll_fn(|context| connection.poll_message(context)).await
            {
                if matches!(told, AsyncMessage::Notification(_)) {
                    match tell.try_send(()) {
                        Ok(()) | Err(mpsc::error::TrySendError::Full(())) => {}
                        Err(mpsc::error::TrySendError::Closed(())) => break,
                    }
                }
            }
        });
        let listener = Self {
            changes,
            connection,
            client,
        };
        listener
            .client
            .batch_execute(&format!("LISTEN {channel}"))
            .await?;
        Ok(listener)
    }

    /// Waits for a change; `None` when the connection has ended.
    pub async fn changed(&mut self) -> Option<()> {
        self.changes.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
