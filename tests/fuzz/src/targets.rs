//! The targets, by name.

mod api;
mod bus;
mod letters;
mod statements;
mod stored;
mod times;

/// A parser under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name, by which a fuzzer runs it.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub run: fn(&[u8]),
}

/// One for each way in.
pub const TARGETS: [Target; 12] = [
    target("request", api::request),
    target("append-body", api::append_body),
    target("other-body", api::other_body),
    target("cursor", api::cursor),
    target("bus-event", bus::event),
    target("ses-event", bus::ses_event),
    target("dead-letter", letters::read),
    target("stream-batch", stored::stream_batch),
    target("stored-commit", stored::commit),
    target("schedule", times::schedule),
    target("mt940", statements::mt940),
    target("camt", statements::camt),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Runs a future to its end. One runtime a thread: making it costs more than most targets.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime can be made");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
