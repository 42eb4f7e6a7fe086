// How an outbox is opened, and the app's store for secrets.

import Foundation
internal import SatchelGenerated

/// How an outbox is opened.
public struct Configuration: Hashable, Sendable {
    /// The outbox's own folder; made if it is missing. Not one that the system may empty (Caches), and not one that is
    /// backed up to another device.
    public var folder: URL
    /// The traveller's rules. When left out, those that ``Satchel/Satchel/keepPolicy(_:)`` kept; where none were, only links
    /// that cost nothing are used.
    public var policy: Policy?
    /// Certificates to trust beside the system's, in PEM.
    public var extraRoots: [String]
    /// How long a connection may take to be made; the library's own choice when left out.
    public var connectTimeout: Duration?

    /// An outbox in this folder.
    public init(
        folder: URL, policy: Policy? = nil, extraRoots: [String] = [], connectTimeout: Duration? = nil
    ) {
        self.folder = folder
        self.policy = policy
        self.extraRoots = extraRoots
        self.connectTimeout = connectTimeout
    }

    var core: SatchelGenerated.Config {
        .init(
            folder: folder.path, policy: policy?.core, extraRoots: extraRoots,
            connectTimeoutMs: connectTimeout?.milliseconds)
    }
}

/// The app's store for secrets: on Apple's systems the Keychain. The outbox keeps no token by itself.
///
/// Called on threads of Satchel's own, which may wait; never while anything is locked.
public protocol Credentials: Sendable {
    /// The token kept for a target, by the target's address; `nil` where there is none.
    func token(for target: String) throws -> String?
    /// Keeps a target's token, in place of an earlier one; it must be durable when this returns.
    func keep(_ token: String, for target: String) throws
    /// Gets another token, in place of one that the target refused (`nil` where there was none); `nil` where no other is to be
    /// had. What it returns is kept by the app already.
    ///
    /// Called for each target at most once a minute, and only when the target proved to be itself. When it throws, the outbox
    /// goes on with what there is.
    func refresh(_ refused: String?, for target: String) throws -> String?
}

extension Credentials {
    /// No other token is to be had.
    public func refresh(_ refused: String?, for target: String) throws -> String? { nil }
}
