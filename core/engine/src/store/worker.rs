//! A thread that owns a connection and does one thing after another.

use std::fs::File;
use std::sync::{Arc, mpsc};

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::error::{Error, Result};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A handle on the thread, which ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Worker {
    jobs: mpsc::Sender<Job>,
}

impl Worker {
    /// `while_open` is dropped after the connection is closed.
    pub(super) fn start(name: &str, mut conn: Connection, while_open: Arc<File>) -> Self {
        let (jobs, queue) = mpsc::channel::<Job>();
        std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(512 << 10)
            .spawn(move || {
                queue.into_iter().for_each(|job| job(&mut conn));
                drop(conn);
                drop(while_open);
            })
            .expect("a process that runs can start one more thread");
        Self { jobs }
    }

    /// The job is done even when the caller stops waiting for it.
    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> oneshot::Receiver<Result<T>> {
        let (done, answer) = oneshot::channel();
        // A send fails only when the thread is gone; the answer then never comes, and is an error below.
        let _ = self.jobs.send(Box::new(move |conn| drop(done.send(work(conn)))));
        answer
    }

    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(work).await.unwrap_or_else(|_| Err(gone()))
    }

    pub(super) fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(work).blocking_recv().unwrap_or_else(|_| Err(gone()))
    }
}

fn gone() -> Error {
    Error::Storage("the database's thread ended".into())
}
