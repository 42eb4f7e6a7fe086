// Originals that are only in the cloud have a data rule of their own: fetching them costs as sending them does.

public import Satchel

/// Over which links an original is fetched that is only in iCloud. Until then it waits, and says why.
public enum CloudRule: String, Codable, Hashable, Sendable, CaseIterable {
    /// Never: the person fetches it, or it waits.
    case never
    /// Where the link is known to cost nothing and the person does not save data.
    case freeLinksOnly
    /// Over any link.
    case always

    /// Whether an original may be fetched over this link.
    public func fetches(over link: Link?) -> Bool {
        switch self {
        case .never: false
        case .always: link?.kind != .noNetwork
        case .freeLinksOnly: link.map(Self.isFree) ?? false
        }
    }

    private static func isFree(_ link: Link) -> Bool {
        // Unknown is not free.
        link.kind != .noNetwork && link.constrained != true && link.captive != true && link.roaming != true
            && (link.metered == false || link.temporarilyUnmetered == true)
    }
}
