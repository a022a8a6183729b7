//! `ledgerbell console`: the console of a stack in AWS.

mod admission;
mod proxy;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use axum::http::Uri;
use clap::Args;
use tokio::net::TcpListener;

use crate::client::Client;
use crate::exit;
use crate::imports;
use crate::origin;
use crate::output::line;
use crate::pages::{self, About};
use crate::signal::Stop;
use crate::stack::{Access, Signer, protected_endpoint};
use admission::Admission;
use proxy::Upstream;

/// Milliseconds between two looks of the page, each of which costs requests.
const POLL_MS: u32 = 5_000;

/// Show the console for a stack in AWS, with your own credentials
///
/// The page runs on this machine, and its requests go to the stack, signed with
/// the credentials of your environment (AWS_ACCESS_KEY_ID,
/// AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), or else with the output of `aws
/// configure export-credentials` for your profile. The browser never sees them.
/// You may do what your credentials allow.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ConsoleOptions {
    /// URL of the stack's API, without /v1: https://ID.execute-api.REGION.amazonaws.com
    #[arg(long, value_name = "URL", value_parser = protected_endpoint)]
    endpoint: Uri,

    #[command(flatten)]
    access: Access,

    /// Loopback port of the console; by default a free one
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 0,
        hide_default_value = true
    )]
    port: u16,
}

pub(crate) fn run(options: &ConsoleOptions) -> ExitCode {
    let signer = match Signer::new(&options.endpoint, &options.access) {
        Ok(signer) => signer,
        Err(reason) => return exit::with(exit::WRONG_USE, reason),
    };
    // The imports of the page are requests of the command line's client.
    let importer = Signer::new(&options.endpoint, &options.access)
        .and_then(|signer| Client::new(&options.endpoint, Some(signer)));
    let importer = match importer {
        Ok(importer) => importer,
        Err(reason) => return exit::with(exit::FAILED, reason),
    };
    // Fails here rather than at the first request of the page.
    let checked = signer.check();
    let upstream = match checked.and_then(|()| Upstream::new(&options.endpoint, signer)) {
        Ok(upstream) => upstream,
        Err(reason) => return exit::with(exit::FAILED, reason),
    };
    match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime.block_on(serve(options, upstream, importer)),
        Err(error) => exit::with(exit::FAILED, format!("cannot start threads: {error}")),
    }
}

async fn serve(options: &ConsoleOptions, upstream: Upstream, importer: Client) -> ExitCode {
    let wanted = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port));
    let listening = async {
        let stop_request = Stop::listen()?;
        let listener = TcpListener::bind(wanted).await?;
        let address = listener.local_addr()?;
        Ok::<_, std::io::Error>((stop_request, listener, address))
    };
    let (stop_request, listener, address) = match listening.await {
        Ok(listening) => listening,
        Err(error) => {
            return exit::with(exit::FAILED, format!("cannot listen on {wanted}: {error}"));
        }
    };
    let endpoint = upstream.endpoint().to_owned();
    let admission = Admission::new(address.port());
    let entrance = admission.entrance();
    let app = pages::router(About {
        mailbox: false,
        endpoint: Some(endpoint.clone()),
        poll_ms: POLL_MS,
    })
    .merge(imports::router(importer))
    .merge(proxy::router(Arc::new(upstream)));
    let app = origin::guard(admission.guard(app));
    line(format!("The console for {endpoint} is at"));
    line("");
    // Nobody else knows the address. A reader that has it may close the pipe.
    let told = line(format!("  http://{address}{entrance}"));
    line("");
    line(
        "Whoever has this address acts with your credentials: keep it to yourself. Ctrl-C stops it.",
    );
    if !told {
        return exit::with(exit::FAILED, "the console's address cannot be printed");
    }
    match axum::serve(listener, app)
        .with_graceful_shutdown(stop_request.requested())
        .await
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::with(exit::FAILED, error),
    }
}
