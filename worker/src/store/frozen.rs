//! Ends the COPY of a worker that is frozen, since others wait for the keys it holds.
//!
//! Postgres ends a transaction that is idle for too long, and a statement that takes too long, but looks at neither limit
//! while a COPY waits for its program. So a worker whose own statement ran into the limit looks who is in its way.

use super::{Store, StoreError};

/// Only what the limit should have ended: a COPY of this user in this database that has waited longer than that.
const END: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() \
     AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE 'COPY %' \
     AND current_setting('statement_timeout') <> '0' \
     AND query_start < now() - current_setting('statement_timeout')::interval";

impl Store {
    /// Ends those sessions, and returns how many there were.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn end_frozen(&self) -> Result<i64, StoreError> {
        let client = self.pool.get().await?;
        Ok(client.query_one(END, &[]).await?.get(0))
    }
}
