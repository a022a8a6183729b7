//! The log: JSON lines for CloudWatch, which finds the metrics in them.

mod emf;
mod lines;

use handlers::telemetry::TARGET;
pub use lines::Lines;
use tracing_subscriber::filter::{EnvFilter, FilterExt, LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log, on standard output. `RUST_LOG` filters all lines except the hops of events, which contain the metrics.
/// The metrics have the stack's name from `STACK_NAME`.
///
/// # Panics
/// If the process has a log already.
pub fn start() {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let hops =
        filter_fn(|metadata| metadata.target() == TARGET).with_max_level_hint(LevelFilter::INFO);
    let stack = std::env::var("STACK_NAME").unwrap_or_default();
    let lines = Lines::new(std::io::stdout, stack);
    tracing_subscriber::registry()
        .with(lines.with_filter(chosen.or(hops)))
        .init();
}
