//! The connections of `serve`, with limits, so that a slow, silent or greedy caller costs others nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_io_timeout::TimeoutStream;

/// Concurrent connections: enough for the most writers of a `load`, each twice, and for people. More wait to be accepted.
const MAX_CONNECTIONS: usize = 1_088;
/// Seconds from the end of a request to the head of the next: longer than clients keep idle connections (15 s in our own),
/// so that they close them and not we.
const HEAD_WITHIN: Duration = Duration::from_secs(20);
/// Largest head, in bytes: it has an id, a key and a cursor, and browsers add some kilobytes. A larger one is refused.
const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Headers of a request, as in most servers. A request with more is refused.
const MAX_HEADERS: usize = 100;
/// Seconds for which a reader may stall an answer, which occupies memory. Then the connection is closed.
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// Wait after a failed accept, such as one without a free file descriptor.
const REST: Duration = Duration::from_millis(100);
/// Open files of the process: one for each connection, some for the store, and as many to spare.
#[cfg(unix)]
const OPEN_FILES: u64 = 2_048;

/// Serves until it is stopped, and then until pending requests have ended.
pub(super) async fn serve(listener: TcpListener, app: Router, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            // An error means that the sender is gone, so nothing else could stop it.
            _ = stop.changed() => break,
        };
        let Some((stream, peer, place)) = accepted else {
            continue;
        };
        let app = app.clone().layer(Extension(ConnectInfo(peer)));
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(WRITE_WITHIN));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_header_size(MAX_HEAD_BYTES)
            .max_headers(MAX_HEADERS)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(app));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended with an error");
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            // Answers are short, and somebody waits for them.
            let _ = stream.set_nodelay(true);
            Some((stream, peer, place))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(REST).await;
            None
        }
    }
}

/// Raises the limit of open files to the need of the connections, if the system permits.
pub(super) fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        let allowed = limit.maximum.unwrap_or(OPEN_FILES).min(OPEN_FILES);
        if limit.current.is_some_and(|current| current < allowed) {
            limit.current = Some(allowed);
            if let Err(error) = setrlimit(Resource::Nofile, limit) {
                tracing::warn!(%error, "the limit of open files is low, so fewer connections are possible");
            }
        }
    }
}
