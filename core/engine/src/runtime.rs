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
        builder.worker_threads(WORKERS).thread_stack_size(STACK).max_blocking_threads(64).thread_name("satchel");
        builder
            .on_thread_start(ignore_broken_pipes)
            .enable_all()
            .build()
            .expect("a process that runs can start two more threads")
    };
    RUNTIME.get_or_init(start).handle()
}

/// A write to a socket whose other side is gone is an error here, and must not end the host: a program in Rust ignores the
/// signal from its start, but in an app nobody does. Only for our own threads: the app's are its own.
fn ignore_broken_pipes() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};
        let mut broken_pipe = SigSet::empty();
        broken_pipe.add(Signal::SIGPIPE);
        // It fails only for arguments that are out of range.
        let _ = broken_pipe.thread_block();
    }
}

/// Runs work on the process's runtime. It goes on when nobody waits for it any more.
pub fn spawn<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    handle().spawn(work)
}

#[cfg(all(test, unix))]
mod tests {
    use nix::sys::signal::{SigSet, Signal};

    #[test]
    fn a_broken_pipe_ends_no_host() {
        let masks = super::handle().block_on(async {
            let here = || SigSet::thread_get_mask().unwrap().contains(Signal::SIGPIPE);
            let work = (0..8).map(|_| super::spawn(async move { here() })).collect::<Vec<_>>();
            let mut masks = vec![tokio::task::spawn_blocking(here).await.unwrap()];
            for one in work {
                masks.push(one.await.unwrap());
            }
            masks
        });
        assert_eq!(masks, [true; 9]);
    }
}
