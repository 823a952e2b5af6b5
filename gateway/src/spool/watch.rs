//! Says how the spool is: to readiness, to the metrics, and once to the log when that changes.

use std::time::Duration;

use calseta_shared::health::{Part, State};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

use super::Spool;

const LOOK: Duration = Duration::from_millis(250);

impl Spool {
    /// Keeps `health` true until `stop`.
    pub async fn watch(self, health: Part, stop: CancellationToken) {
        let mut look = interval(LOOK);
        let mut held = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
            }
            health.set(self.state());
            let age = self.gauge.oldest_age().as_secs_f64();
            self.gauge.metrics.oldest_age.set(age);
            let holds = self.depth() > 0;
            if holds && !held {
                tracing::warn!(depth = self.depth(), "the spool holds payloads");
            } else if held && !holds {
                tracing::info!("the spool is empty again");
            }
            held = holds;
        }
    }

    fn state(&self) -> State {
        let (depth, bytes) = (self.depth(), self.gauge.bytes());
        if let Some(trouble) = self.gauge.trouble() {
            return State::NotReady(trouble.to_string());
        }
        if self.gauge.is_full() {
            return State::NotReady(format!("full: {depth} payloads, {bytes} bytes"));
        }
        if depth > 0 {
            let age = self.gauge.oldest_age().as_secs();
            return State::Degraded(format!(
                "holds {depth} payloads, {bytes} bytes, the oldest for {age} s"
            ));
        }
        State::Ready
    }
}
