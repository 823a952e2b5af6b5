//! Asks again until it is so. The one wait of the tests; its end is a failure that says what was missing.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

const PAUSE: Duration = Duration::from_millis(50);

/// Calls `look` until it returns a value, `deadline` at most.
///
/// # Errors
/// When the deadline is over, naming `what`; or the first error of `look`.
pub async fn eventually<T>(
    deadline: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = Instant::now() + deadline;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if Instant::now() >= end {
            bail!("not within {deadline:?}: {what}");
        }
        sleep(PAUSE).await;
    }
}
