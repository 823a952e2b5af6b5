//! One token that says "stop": cancelled by SIGTERM (Kubernetes, systemd) or SIGINT (a person).
//!
//! It only asks. What is drained and in which order is each program's `service.rs`.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Installs the signal handlers; the token is cancelled by the first signal.
///
/// # Errors
/// When the operating system refuses a handler.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let asked = token.clone();
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(signal = name, "shutdown asked for, draining");
        asked.cancel();
    });
    Ok(token)
}
