// What stood in services' places: the records, their pages, and all of it as a file.

import Foundation
internal import SatchelGenerated

/// Which record of a block.
public struct BlockID: RawRepresentable, Hashable, Sendable {
    /// As a number, for an app's own records.
    public let rawValue: Int64

    /// From a number that ``rawValue`` gave.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Something that stood in a service's place, on one network. Seen again, it is the same record.
public struct BlockRecord: Identifiable, Hashable, Sendable {
    /// What it was.
    public enum Kind: Hashable, Sendable {
        /// Somebody was in the way.
        case blocked(Block)
        /// The network wanted a person to sign in first.
        case captive
        /// A kind of a later version.
        case other(code: String)

        init(code: String) {
            self =
                if let block = Block.allCases.first(where: { $0.code == code }) {
                    .blocked(block)
                } else if code == "captive" {
                    .captive
                } else {
                    .other(code: code)
                }
        }
    }

    /// Its number in this outbox.
    public let id: BlockID
    /// Of which target.
    public let target: TargetID
    /// The address of the endpoint.
    public let endpoint: String
    /// The network's id (``Link/network``); none where the app did not know it.
    public let network: String?
    /// What it was.
    public let kind: Kind
    /// The reply's HTTP status; none where none came.
    public let status: Int?
    /// The page's title.
    public let title: String?
    /// Where a redirect pointed.
    public let location: String?
    /// Length of what is kept of the page, in bytes, 0 to 65,536.
    public let pageBytes: Int
    /// The page's media type, as it said.
    public let pageType: String?
    /// SHA-256 of a certificate that was not the server's, in hexadecimal.
    public let certificate: String?
    /// Who signed that certificate, as it says.
    public let issuer: String?
    /// The IP address that answered.
    public let address: String?
    /// When it was first seen.
    public let first: Date
    /// When it was last seen.
    public let last: Date
    /// How often, 1 or more.
    public let times: Int

    init(_ core: SatchelGenerated.BlockRecord) {
        id = BlockID(rawValue: core.id)
        target = TargetID(rawValue: core.target)
        endpoint = core.endpoint
        network = core.network
        kind = Kind(code: core.kind)
        status = core.status.map(Int.init)
        title = core.title
        location = core.location
        pageBytes = Int(core.pageBytes)
        pageType = core.pageType
        certificate = core.certificate
        issuer = core.issuer
        address = core.address
        first = Date(utcMs: core.firstUtcMs)
        last = Date(utcMs: core.lastUtcMs)
        times = Int(core.times)
    }
}

extension Satchel {
    // MARK: What stood in services' places

    /// What stood in services' places, the last seen first. Old ones are thinned out.
    public func blocks() async throws(SatchelError) -> [BlockRecord] {
        try await crossing { try await core.blocks().map(BlockRecord.init) }
    }

    /// The page of a record, as it came: at most 65,536 bytes; none where there is none, or it was too old to be kept.
    ///
    /// It is somebody else's, and may hold scripts: show it as text, do not render it.
    public func blockPage(_ id: BlockID) async throws(SatchelError) -> Data? {
        try await crossing { try await core.blockPage(id: id.rawValue) }
    }

    /// Writes all records with their pages into one JSON file, in place of what is there.
    ///
    /// It names servers, and networks by their ids, and no photo. Where the file cannot be written,
    /// ``SatchelError/invalid(words:field:)`` is thrown, or ``SatchelError/storageFull(words:)``, and what was there
    /// stays.
    ///
    /// - Returns: How many records there were.
    @discardableResult
    public func exportBlocks(to file: URL) async throws(SatchelError) -> Int {
        try await crossing { Int(count: try await core.exportBlocks(path: file.path)) }
    }
}
