// The way into Rust and back: errors become ours, and a task's cancellation reaches Rust through a token.

import Foundation
internal import SatchelGenerated

/// Makes a call, and turns what it throws into ``SatchelError``.
func crossing<Value: Sendable>(_ call: @Sendable () async throws -> Value) async throws(SatchelError) -> Value {
    do {
        return try await call()
    } catch {
        throw SatchelError(error)
    }
}

/// Makes a call that takes a cancel token, and cancels the token with the task.
func cancellable<Value: Sendable>(
    _ call: @Sendable (CancelToken) async throws -> Value
) async throws(SatchelError) -> Value {
    let token = CancelToken()
    return try await crossing {
        try await withTaskCancellationHandler {
            try await call(token)
        } onCancel: {
            token.cancel()
        }
    }
}

/// Hands changes to a stream. Rust holds it as long as it observes; when Rust lets go, the stream ends.
final class Ear: Observer {
    /// How many changes wait for whoever reads the stream.
    static let room = 1024

    private let continuation: AsyncStream<Change>.Continuation

    init(_ continuation: AsyncStream<Change>.Continuation) {
        self.continuation = continuation
    }

    deinit {
        continuation.finish()
    }

    func changed(changes: [SatchelGenerated.Change]) throws {
        var lost = false
        for change in changes {
            if case .dropped = continuation.yield(Change(change)) { lost = true }
        }
        if lost { continuation.yield(.assets) }
    }
}

/// Lets Rust ask the app's store for secrets.
final class CredentialsPort: SatchelGenerated.Credentials {
    private let credentials: any Credentials

    init(_ credentials: any Credentials) {
        self.credentials = credentials
    }

    func load(target: String) throws -> String? {
        try asking { try credentials.token(for: target) }
    }

    func store(target: String, token: String) throws {
        try asking { try credentials.keep(token, for: target) }
    }

    func refresh(target: String, refused: String?) throws -> String? {
        try asking { try credentials.refresh(refused, for: target) }
    }

    /// What the app throws is told as its own fault; its description may end up in a log.
    private func asking<Value>(_ ask: () throws -> Value) throws -> Value {
        do {
            return try ask()
        } catch {
            let kind = String(describing: type(of: error))
            throw SatchelGenerated.SatchelError.Host(words: "the app's store for secrets failed (\(kind))")
        }
    }
}

/// Hands lines to the app's log.
final class LogPort: SatchelGenerated.LogSink {
    private let take: @Sendable (LogLevel, String) -> Void

    init(_ take: @escaping @Sendable (LogLevel, String) -> Void) {
        self.take = take
    }

    func log(level: SatchelGenerated.LogLevel, line: String) throws {
        take(LogLevel(level), line)
    }
}

extension Date {
    /// From milliseconds since 1970.
    init(utcMs: Int64) {
        self.init(timeIntervalSince1970: Double(utcMs) / 1000)
    }

    /// Milliseconds since 1970, as far as a number holds them.
    var utcMs: Int64 {
        Int64(exactly: (timeIntervalSince1970 * 1000).rounded()) ?? (timeIntervalSince1970 < 0 ? .min : .max)
    }
}

extension Duration {
    /// Whole milliseconds, from 0.
    var milliseconds: UInt64 {
        let (seconds, attoseconds) = components
        let (whole, over) = seconds.multipliedReportingOverflow(by: 1000)
        return over ? (seconds < 0 ? 0 : .max) : UInt64(clamping: whole + attoseconds / 1_000_000_000_000_000)
    }
}

extension Int {
    /// A count or a length; none is too large in practice.
    init(count: UInt64) {
        self.init(clamping: count)
    }
}
