//! Where Satchel's log goes: to the host, a line at a time; and the latest lines into a report. Nothing in it tells of a photo but its asset's id (law 9).

use std::collections::VecDeque;
use std::fmt::{Debug, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::SatchelError;

/// Lines that wait for a slow host; more are dropped, and counted in the next one that is not.
const WAITING: usize = 1_000;
/// The latest lines that a report has.
const LATEST: usize = 200;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, uniffi::Enum)]
pub enum LogLevel {
    /// What failed.
    Error,
    /// What was unexpected and passed.
    Warn,
    /// What happened, in large.
    Info,
    /// Each request.
    Debug,
    /// Everything.
    Trace,
}

/// The host's log.
#[uniffi::export(with_foreign)]
pub trait LogSink: Send + Sync {
    /// Takes a line. Called from one thread of Satchel's own that may wait; what it throws is ignored.
    fn log(&self, level: LogLevel, line: String) -> Result<(), SatchelError>;
}

struct Line {
    level: LogLevel,
    text: String,
}

/// The latest lines of what happened in large, whether a host listens or not.
static KEPT: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
static LOGS: OnceLock<Result<Logs, SatchelError>> = OnceLock::new();

/// Keeps the latest lines from now on, where nothing else has this process's log.
pub(crate) fn keep() {
    let _ = LOGS.get_or_init(start);
}

/// The latest lines, oldest first.
pub(crate) fn latest() -> Vec<String> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
}

struct Logs {
    sink: Arc<Mutex<Option<Arc<dyn LogSink>>>>,
    most: Arc<AtomicU8>,
}

/// Sends the process's Satchel log to `sink`, up to a level, in place of where it went before; nowhere when left out.
///
/// # Errors
/// `Invalid` in a process whose log is taken already by something else written in Rust.
#[uniffi::export]
pub fn set_log_sink(sink: Option<Arc<dyn LogSink>>, level: LogLevel) -> Result<(), SatchelError> {
    let logs = LOGS.get_or_init(start).as_ref().map_err(Clone::clone)?;
    logs.most.store(if sink.is_some() { level as u8 + 1 } else { 0 }, Ordering::Relaxed);
    *logs.sink.lock().unwrap_or_else(PoisonError::into_inner) = sink;
    Ok(())
}

fn start() -> Result<Logs, SatchelError> {
    let (lines, queue) = sync_channel::<Line>(WAITING);
    let sink = Arc::new(Mutex::new(None::<Arc<dyn LogSink>>));
    let most = Arc::new(AtomicU8::new(0));
    let telling = sink.clone();
    let tell = move || {
        for Line { level, text } in queue {
            // Not held while the host is called.
            let sink = telling.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(sink) = sink {
                let _ = sink.log(level, text);
            }
        }
    };
    let thread = std::thread::Builder::new().name("satchel-log".into()).spawn(tell);
    thread.map_err(|e| SatchelError::Internal { words: format!("no thread for the log: {e}") })?;
    let collector = Collector { lines, most: most.clone(), dropped: Mutex::new(0) };
    tracing::subscriber::set_global_default(collector)
        .map_err(|_| SatchelError::invalid("this process's log goes somewhere else already; leave out the sink"))?;
    Ok(Logs { sink, most })
}

/// Takes what Satchel's own crates log. What libraries log may name hosts and files.
struct Collector {
    lines: SyncSender<Line>,
    most: Arc<AtomicU8>,
    dropped: Mutex<u64>,
}

impl Subscriber for Collector {
    /// Asked anew each time: the level changes.
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if ours(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let most = self.most.load(Ordering::Relaxed).max(LogLevel::Info as u8 + 1);
        ours(metadata) && (level(*metadata.level()) as u8) < most
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Words(&mut text));
        let level = level(*event.metadata().level());
        if level <= LogLevel::Info {
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == LATEST {
                kept.pop_front();
            }
            kept.push_back(format!("{level:?} {text}"));
        }
        if level as u8 >= self.most.load(Ordering::Relaxed) {
            return;
        }
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        if *dropped > 0 {
            let _ = write!(text, " ({dropped} lines before this one were dropped)");
        }
        match self.lines.try_send(Line { level, text }) {
            Ok(()) => *dropped = 0,
            Err(TrySendError::Full(_)) => *dropped += 1,
            Err(TrySendError::Disconnected(_)) => {}
        }
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn ours(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && metadata.target().starts_with("satchel")
}

fn level(level: Level) -> LogLevel {
    match level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

/// Writes an event's message, and its fields as `name=value`.
struct Words<'a>(&'a mut String);

impl Visit for Words<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        let _ = match field.name() {
            "message" => write!(self.0, "{space}{value:?}"),
            name => write!(self.0, "{space}{name}={value:?}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kept(std::sync::mpsc::Sender<(LogLevel, String)>);

    impl LogSink for Kept {
        fn log(&self, level: LogLevel, line: String) -> Result<(), SatchelError> {
            self.0.send((level, line)).map_err(|e| SatchelError::Host { words: e.to_string() })
        }
    }

    fn detail(line: &str) {
        tracing::debug!(target: "satchel::runner", "{line}");
    }

    #[test]
    fn a_host_hears_satchels_log_up_to_its_level() {
        let (kept, lines) = std::sync::mpsc::channel();
        set_log_sink(Some(Arc::new(Kept(kept))), LogLevel::Warn).unwrap();
        tracing::warn!(target: "hyper", "somebody else's");
        detail("too much");
        tracing::warn!(target: "satchel::runner", asset = 7, "first");
        let patience = std::time::Duration::from_secs(30);
        let (level, line) = lines.recv_timeout(patience).unwrap();
        assert_eq!((level, line.contains("first"), line.contains("asset=7")), (LogLevel::Warn, true, true), "{line}");
        set_log_sink(None, LogLevel::Trace).unwrap();
        tracing::error!(target: "satchel::runner", "to nobody");
        let (kept, lines) = std::sync::mpsc::channel();
        set_log_sink(Some(Arc::new(Kept(kept))), LogLevel::Debug).unwrap();
        detail("second");
        assert_eq!(lines.recv_timeout(patience).unwrap(), (LogLevel::Debug, "second".into()));
    }
}
