// Where Satchel's log goes.

internal import SatchelGenerated

/// How much is logged; later ones include those before them.
public enum LogLevel: Hashable, Sendable, CaseIterable {
    /// What failed.
    case error
    /// What was unexpected and passed.
    case warn
    /// What happened, in large.
    case info
    /// Each request.
    case debug
    /// Everything.
    case trace

    init(_ core: SatchelGenerated.LogLevel) {
        self =
            switch core {
            case .error: .error
            case .warn: .warn
            case .info: .info
            case .debug: .debug
            case .trace: .trace
            }
    }

    var core: SatchelGenerated.LogLevel {
        switch self {
        case .error: .error
        case .warn: .warn
        case .info: .info
        case .debug: .debug
        case .trace: .trace
        }
    }
}

extension Satchel {
    /// Sends the process's Satchel log to the app, in place of where it went before; nowhere with `nil`. Nothing in it tells
    /// of a photo but its asset's id.
    ///
    /// - Parameters:
    ///   - level: How much.
    ///   - take: Takes a line; called from one thread of Satchel's own, which may wait.
    public static func log(
        upTo level: LogLevel = .info, to take: (@Sendable (LogLevel, String) -> Void)?
    ) throws(SatchelError) {
        do {
            try setLogSink(sink: take.map(LogPort.init), level: level.core)
        } catch {
            throw SatchelError(error)
        }
    }
}
