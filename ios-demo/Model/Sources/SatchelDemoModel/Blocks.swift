// What stood in the servers’ place, line by line, and the pages of it: as text, never as pages.

import Foundation
import Satchel

/// A record of a block, as the screen shows it.
public struct BlockLine: Identifiable, Hashable, Sendable {
    /// Which.
    public let id: BlockID
    /// What kind of thing it was.
    public let words: String
    /// At which server, and on which network.
    public let place: String
    /// What it said of itself: title, status, where it pointed, who signed; `nil` where it said nothing.
    public let said: String?
    /// When it was seen first and last, and how often.
    public let times: String
    /// Its page was kept.
    public let hasPage: Bool
    let pageType: String?

    /// What stands over the records.
    public static let title = "Blocks"
    /// What stands there before the first one.
    public static let none = "Nothing stood in a server’s place so far. What does is kept here, as evidence."
    /// Hands the records and their pages to another app.
    public static let shareEvidence = "Share the evidence"
    /// What is in them.
    public static let evidenceMeaning =
        "All records with their pages, in one file. It names servers and networks, and no photo."
    /// Shows the page of one.
    public static let readPage = "Read the page"
    /// So many of the latest records are shown at first.
    public static let latest = 3

    /// - Parameter here: The id of the network that there is.
    init(_ record: BlockRecord, here: String?, now: Date, calendar: Calendar = .current) {
        id = record.id
        words = Self.words(of: record.kind)
        let network =
            switch record.network {
            case nil: "a network without a name"
            case here?: "this network"
            // The phone's hash of the name: its beginning tells networks apart.
            case let seen?: "another network (\(Words.plain(seen).prefix(8)))"
            }
        place = "\(Words.host(record.endpoint)), on \(network)"
        let told = [
            record.title.map { "“\(Words.plain($0))”" }, record.status.map { "status \($0)" },
            record.location.map { "pointed to \(Words.plain($0))" },
            record.issuer.map { "signed by \(Words.plain($0))" },
        ].compactMap { $0 }.joined(separator: ", ")
        said = told.isEmpty ? nil : Words.sentence(told)
        let first = Words.clock(record.first, now: now, calendar: calendar)
        let last = Words.clock(record.last, now: now, calendar: calendar)
        times = record.times == 1 ? "Seen once, \(first)" : "Seen \(record.times) times, \(first) to \(last)"
        hasPage = record.pageBytes > 0
        pageType = record.pageType
    }

    /// All that the line shows, as VoiceOver says it.
    public var spoken: String { [words, place, said, times].compactMap { $0 }.joined(separator: ", ") }

    /// What stood there, as it is told later: the core's words are about now.
    static func words(of kind: BlockRecord.Kind) -> String {
        switch kind {
        case .blocked(.page): "A warning page stood in the server’s place"
        case .blocked(.redirect): "The network sent us to another address"
        case .blocked(.certificate): "Somebody else’s certificate stood in the server’s place"
        case .blocked(.reset): "The network broke the connection"
        case .blocked(.name): "The network gave no address, or a wrong one"
        case .blocked(.silence): "The network swallowed what was sent"
        case .captive: "The network wanted a sign-in first"
        case .other(let code): Words.sentence(code.replacingOccurrences(of: "_", with: " "))
        }
    }
}

/// A page that is shown as text.
public struct PageText: Identifiable, Hashable, Sendable {
    /// The record that it belongs to.
    public let id: BlockID
    /// What kind of thing it was.
    public let title: String
    /// Its source, without what would change how it is shown.
    public let text: String
    /// There is more of it in the evidence.
    public let isCut: Bool

    /// So many characters of a page are shown; a person needs no more to know it.
    static let shown = 4_000

    init(_ line: BlockLine, _ page: Data) {
        id = line.id
        title = line.words
        let whole = Self.encoding(named: line.pageType).flatMap { String(data: page, encoding: $0) }
        let text = whole ?? String(decoding: page, as: UTF8.self)
        self.text = Words.plain(String(text.prefix(Self.shown)), lines: true)
        isCut = text.count > Self.shown
    }

    /// The encoding that a media type names; `nil` where it names none, or one that is not known here.
    private static func encoding(named type: String?) -> String.Encoding? {
        guard let type, let named = type.range(of: "charset=", options: .caseInsensitive) else { return nil }
        let name = type[named.upperBound...].drop { $0 == "\"" }.prefix { $0 != "\"" && $0 != ";" && $0 != " " }
        return encodings[name.lowercased()]
    }

    /// By their names; where browsers read one as another, so does this.
    private static let encodings: [String: String.Encoding] = [
        "utf-8": .utf8, "utf-16": .utf16, "us-ascii": .windowsCP1252, "iso-8859-1": .windowsCP1252,
        "windows-1252": .windowsCP1252, "windows-1250": .windowsCP1250, "windows-1251": .windowsCP1251,
        "windows-1253": .windowsCP1253, "windows-1254": .windowsCP1254, "iso-8859-2": .isoLatin2,
        "iso-8859-9": .windowsCP1254, "shift_jis": .shiftJIS, "euc-jp": .japaneseEUC, "iso-2022-jp": .iso2022JP,
    ]
}

/// The records with their pages in a file, for the share sheet.
public struct EvidenceFile: Identifiable, Hashable, Sendable {
    /// The file.
    public let id: URL
}

extension Words {
    /// Somebody else's text, so that it can only be read: without what is invisible and turns, hides or moves what
    /// stands beside it. Its `lines` stay, or become one.
    static func plain(_ text: String, lines: Bool = false) -> String {
        var plain = String.UnicodeScalarView()
        for scalar in text.replacingOccurrences(of: "\r\n", with: "\n").unicodeScalars {
            switch scalar.properties.generalCategory {
            case _ where scalar == "\t": plain.append(lines ? scalar : " ")
            case _ where scalar == "\n" || scalar == "\r": plain.append(lines ? "\n" : " ")
            case .lineSeparator, .paragraphSeparator: plain.append(lines ? "\n" : " ")
            case .control, .format: plain.append("\u{FFFD}")
            default: plain.append(scalar)
            }
        }
        return String(plain)
    }
}
