//! The one runtime of a process, for hosts that have none of their own (Kotlin, Swift).

use std::future::Future;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Threads that drive sockets and timers. Files and SQLite have threads of their own.
const WORKERS: usize = 2;
/// Stack of each, in bytes. A phone counts them.
const STACK: usize = 1 << 20;

/// A handle on the process's runtime, which is started when first asked for and never stopped. A Rust host that has a
/// runtime calls the engine from there and never needs this.
///
/// # Panics
/// When the system gives the process no thread.
pub fn handle() -> &'static Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let start = || {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(WORKERS).thread_stack_size(STACK).max_blocking_threads(16).thread_name("satchel");
        builder.enable_all().build().expect("a process that runs can start two more threads")
    };
    RUNTIME.get_or_init(start).handle()
}

/// Runs work on the process's runtime. It goes on when nobody waits for it any more.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    handle().spawn(work)
}
