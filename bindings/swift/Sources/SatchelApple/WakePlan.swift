// When the system is asked to start the app again, and for what.

import Foundation
public import Satchel

/// A request to the system's scheduler, in its terms.
public enum WakeRequest: Hashable, Sendable {
    /// Minutes of work, mostly at night (`BGProcessingTaskRequest`).
    case processing(network: Bool, power: Bool, earliest: Date?)
    /// Up to 30 seconds, as often as the person uses the app (`BGAppRefreshTaskRequest`).
    case refresh(earliest: Date?)
}

/// What to ask of the system, so that an outbox goes on when it can. Pure.
///
/// The system knows no kind of network in its requests, so what waits for a better link asks to be woken with any, and looks
/// then: to be woken in vain costs no byte.
public struct WakePlan: Hashable, Sendable {
    /// The requests; none where nothing waits. Each replaces the one before of its kind.
    public let requests: [WakeRequest]

    /// The longest that a request may lie ahead (`BGTaskRequest.earliestBeginDate`: not more than a week).
    static let farthest: TimeInterval = 7 * 86_400
    /// What the system grants at best between two refreshes.
    static let pause: TimeInterval = 15 * 60

    /// - Parameters:
    ///   - wake: As the last run, or ``BackgroundUploads/fill()``, told it.
    ///   - now: The time.
    ///   - watches: The app is to look regularly for something new, in its photo library say.
    public init(_ wake: Wake, now: Date, watches: Bool = false) {
        let waits = wake.bytes > 0 || wake.at != nil || wake.needs != nil || wake.sooner != nil
        var requests: [WakeRequest] = []
        if waits {
            // A link may come sooner than the time.
            let at = wake.sooner == nil ? wake.at.flatMap { Self.clamped($0, now) } : nil
            let network = wake.needs != nil || wake.sooner != nil || wake.bytes > 0
            requests.append(.processing(network: network, power: wake.charging, earliest: at))
        }
        // Without power there is nothing for a refresh to do.
        if watches || (waits && !wake.charging) {
            let soonest = now.addingTimeInterval(Self.pause)
            let at = waits && !watches && wake.sooner == nil ? wake.at ?? soonest : soonest
            requests.append(.refresh(earliest: Self.clamped(max(at, soonest), now)))
        }
        self.requests = requests
    }

    /// None for what is due.
    private static func clamped(_ date: Date, _ now: Date) -> Date? {
        date <= now ? nil : min(date, now.addingTimeInterval(farthest))
    }
}
