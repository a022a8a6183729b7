//! The engine's own threads.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// One thread writes while another reads its request. The engine has one
/// connection to its file, so more threads would only wait.
const THREADS: usize = 2;

/// The threads on which dynoxide runs. It blocks its thread while it waits for
/// the file. On the API's threads, two concurrent writes would block everything
/// else on a machine with two cores.
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
        let runtime = self.0.as_ref().expect("the runtime is taken only by drop");
        runtime.spawn(work)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Waiting for its threads would block the dropping thread.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
