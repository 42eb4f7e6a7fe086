package app.satchel

import app.satchel.internal.crossing
import app.satchel.internal.ffi.LogLevel as RawLogLevel
import app.satchel.internal.ffi.LogSink as RawLogSink
import app.satchel.internal.ffi.setLogSink as rawSetLogSink

/** How much is logged. */
public enum class LogLevel {
    /** What failed. */
    Error,

    /** What was unexpected and passed. */
    Warn,

    /** What happened, in large. */
    Info,

    /** Each request. */
    Debug,

    /** Everything. */
    Trace,
}

/** The app's log. */
public fun interface LogSink {
    /** Takes a line. Called from one thread of Satchel's own that may wait; what it throws is ignored. */
    public fun log(level: LogLevel, line: String)
}

/**
 * Where the log of all outboxes of this process goes. Nothing in it tells of a photo but its [AssetId].
 */
public object SatchelLog {
    /** Sends lines up to [level] to [sink], in place of where they went before; nowhere when null. */
    public fun set(sink: LogSink?, level: LogLevel = LogLevel.Info): Unit = crossing { rawSetLogSink(sink?.let(::HostLog), level.toRaw()) }
}

private class HostLog(private val sink: LogSink) : RawLogSink {
    override fun log(level: RawLogLevel, line: String) {
        // Errors too: the generated code lets those pass into native code.
        try {
            sink.log(level.toApi(), line)
        } catch (_: Throwable) {
            // A log that fails is no reason to fail.
        }
    }
}

private fun LogLevel.toRaw(): RawLogLevel = when (this) {
    LogLevel.Error -> RawLogLevel.ERROR
    LogLevel.Warn -> RawLogLevel.WARN
    LogLevel.Info -> RawLogLevel.INFO
    LogLevel.Debug -> RawLogLevel.DEBUG
    LogLevel.Trace -> RawLogLevel.TRACE
}

private fun RawLogLevel.toApi(): LogLevel = when (this) {
    RawLogLevel.ERROR -> LogLevel.Error
    RawLogLevel.WARN -> LogLevel.Warn
    RawLogLevel.INFO -> LogLevel.Info
    RawLogLevel.DEBUG -> LogLevel.Debug
    RawLogLevel.TRACE -> LogLevel.Trace
}
