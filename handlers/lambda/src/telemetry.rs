//! Logs as JSON lines, for CloudWatch.

use tracing_subscriber::EnvFilter;

/// Starts the log. `RUST_LOG` sets what is told.
pub fn start() {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")),
        )
        .with_current_span(false)
        // CloudWatch has its own time of each line.
        .without_time()
        .init();
}
