//! Threads of the engine's own.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// One writes while another reads its request; the engine has one connection to
/// its file, so that more would only wait for one another.
const THREADS: usize = 2;

/// dynoxide waits for its file, and for whoever else has it, on the thread that
/// it was called on. On those of the API that would keep everything else
/// waiting: on two cores, two writes at once.
pub(crate) struct Threads(Option<Runtime>);

impl Threads {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("dynamodb")
            .enable_all()
            .build()?;
        Ok(Threads(Some(runtime)))
    }

    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let runtime = self.0.as_ref().expect("it is taken when it is dropped");
        runtime.spawn(work)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Waiting for its threads would block those of whoever drops it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
