//! `ledgerbell serve`.

mod connections;
mod mailbox;
mod options;
mod ready;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Uri;
use embedded::{FolderError, Pipeline, Settings, StartError};
use handlers::http::router;
use handlers::ports::{SystemClock, sender};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::client::Client;
use crate::exit;
use crate::imports;
use crate::origin;
use crate::output::complain;
use crate::pages::{self, About};
use crate::signal::Stop;
pub(crate) use options::ServeOptions;

/// Milliseconds between two looks of the page, which cost next to nothing here.
const POLL_MS: u32 = 1_000;
/// Seconds for which pending requests may take to end after a signal.
const STOP_WITHIN: Duration = Duration::from_secs(10);

pub(crate) fn run(options: &ServeOptions) -> ExitCode {
    let started = Instant::now();
    tracing_subscriber::fmt()
        .with_env_filter(
            EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| EnvFilter::new("warn,dynoxide=error")),
        )
        .with_writer(std::io::stderr)
        // Printing an error about a full stderr to stderr would panic.
        .log_internal_errors(false)
        .init();
    if !origin::is_loopback(options.listen.ip()) && !options.allow_remote {
        return exit::with(
            exit::WRONG_USE,
            format!(
                "{} can be reached from elsewhere, and there is no sign-in: whoever reaches it reads every account \
                 and appends events; give --allow-remote if you mean it",
                options.listen.ip()
            ),
        );
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return exit::with(exit::FAILED, format!("cannot start threads: {error}")),
    };
    runtime.block_on(serve(options, started))
}

async fn serve(options: &ServeOptions, started: Instant) -> ExitCode {
    connections::allow_open_files();
    // A supervisor may stop it during the start; it ends cleanly then too.
    let stop_request = match Stop::listen() {
        Ok(stop_request) => stop_request,
        Err(error) => {
            return exit::with(exit::FAILED, format!("cannot listen for signals: {error}"));
        }
    };
    // The port comes first, so that the folder is untouched if it is taken.
    let listener = match TcpListener::bind(options.listen).await {
        Ok(listener) => listener,
        Err(error) => {
            return exit::with(
                exit::FAILED,
                format!(
                    "cannot listen on {}: {error}; name another with --listen",
                    options.listen
                ),
            );
        }
    };
    let address = listener.local_addr().unwrap_or(options.listen);
    let settings = Settings {
        data_dir: options.data_dir.clone(),
        bank_name: options.bank_name.clone(),
        mail_from: sender(options.mail_from_name(), &options.mail_from),
        heartbeat: embedded::HEARTBEAT,
        public_url: format!("http://{address}/v1"),
        clock: Arc::new(SystemClock),
    };
    let pipeline = match Pipeline::start(&settings).await {
        Ok(pipeline) => pipeline,
        Err(error) => return exit::with(code_of(&error), error),
    };
    let console = pages::router(About {
        mailbox: true,
        endpoint: None,
        poll_ms: POLL_MS,
    });
    let client = match Client::new(&own_url(address), None) {
        Ok(client) => client,
        Err(reason) => return exit::with(exit::FAILED, reason),
    };
    let app = router(pipeline.api.clone())
        .merge(console)
        .merge(imports::router(client))
        .merge(mailbox::router(pipeline.mailbox.clone()));
    let app = if options.allow_remote {
        app
    } else {
        origin::guard(app)
    };
    ready::print(address, &options.data_dir, started.elapsed());

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let served = tokio::spawn(connections::serve(listener, app, stopped));
    let ended = tokio::select! {
        () = stop_request.requested() => {
            complain("stopping; finishing the requests in progress");
            ExitCode::SUCCESS
        }
        // It stops, which is noticed, rather than record events that nothing processes.
        () = pipeline.worker_ended() => {
            exit::with(exit::FAILED, "a worker has ended; see the log; recorded events are safe")
        }
    };
    let _ = stop.send(true);
    let _ = tokio::time::timeout(STOP_WITHIN, served).await;
    pipeline.stop().await;
    ended
}

/// Returns the URL at which this machine reaches the server.
fn own_url(listening: SocketAddr) -> Uri {
    let loopback = match listening {
        SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
        SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
    };
    let ip = Some(listening.ip()).filter(|ip| !ip.is_unspecified());
    let reached = SocketAddr::new(ip.unwrap_or(loopback), listening.port());
    format!("http://{reached}").parse().unwrap_or_default()
}

/// Returns the exit code: a wrong folder is wrong use, everything else a failure.
fn code_of(error: &StartError) -> u8 {
    match error {
        StartError::Folder(FolderError::NotOurs(_) | FolderError::Unusable(..)) => exit::WRONG_USE,
        _ => exit::FAILED,
    }
}
