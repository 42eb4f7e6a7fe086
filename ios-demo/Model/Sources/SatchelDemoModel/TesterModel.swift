// The Tester screen: pretend a bad network, kill the process, fill the outbox, share a report.

import Foundation
import Observation
import Satchel

/// The Tester screen.
@MainActor @Observable
public final class TesterModel: Telling {
    /// What is pretended; shown on every screen.
    public private(set) var pretence: Pretence?
    /// How many samples are still to be added.
    public private(set) var filling = 0
    /// The report, to be shared; `nil` before it was made.
    public private(set) var report: ReportFile?
    /// What could not be done.
    public var notice: Notice?

    private let satchel: Satchel
    private let edges: Edges

    init(_ satchel: Satchel, _ edges: Edges) {
        self.satchel = satchel
        self.edges = edges
    }

    /// What all screens say while something is pretended.
    public var banner: String? { pretence.map { "Pretending: \($0.words)" } }

    /// Pretends something of the network, or nothing any more.
    public func pretend(_ what: Pretence?) async {
        do {
            try satchel.pretend(what?.meets)
            try await edges.phone.pretend(what?.link)
            pretence = what
            try await satchel.tryNow()
        } catch {
            told("It could not be pretended", error)
        }
    }

    /// Draws so many pictures and adds them.
    public func fill(_ count: Int) async {
        guard filling == 0 else { return }
        let batch = UInt64.random(in: 0 ... .max)
        filling = count
        defer { filling = 0 }
        do {
            for number in 1...max(1, count) {
                let sample = Sample(number: number, batch: batch)
                let stage = try await satchel.stage()
                try await Self.write(sample, to: stage.file)
                let post = PostEdit(caption: sample.caption)
                try await satchel.commit(stage, name: sample.name, post: post, album: "Samples")
                filling -= 1
            }
        } catch {
            told("Not all samples were added", error)
        }
    }

    /// Drawing takes a while: not on the main thread.
    private nonisolated static func write(_ sample: Sample, to file: URL) async throws {
        try sample.png().write(to: file)
    }

    /// Writes the report; ``report`` has it then. It names no photo.
    public func makeReport() async {
        do {
            var lines = edges.phone.facts
            if let pretence { lines.append("pretended: \(pretence.words)") }
            if let wake = await edges.phone.lastWake() { lines.append("wake asked for: \(Self.words(wake))") }
            let text = lines.joined(separator: "\n") + "\n\n" + (try await satchel.report())
            report = try ReportFile(text, in: edges.temporary, now: edges.now())
        } catch {
            told("There is no report", error)
        }
    }

    /// Ends the process at once, as the system would.
    public func kill() {
        edges.process.end()
    }

    private static func words(_ wake: Wake) -> String {
        let at = wake.at.map { $0.ISO8601Format() } ?? "any time"
        return "\(at), link \(wake.needs?.code ?? "none"), charging \(wake.charging), \(Words.bytes(wake.bytes))"
    }
}

/// A report in a file, for the share sheet.
public struct ReportFile: Identifiable, Hashable, Sendable {
    /// The file.
    public let id: URL
    /// What it says.
    public let text: String

    init(_ text: String, in folder: URL, now: Date) throws {
        self.text = text
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let stamp = now.ISO8601Format(.iso8601(timeZone: .gmt, dateTimeSeparator: .standard)).filter(\.isNumber)
        id = folder.appendingPathComponent("satchel-report-\(stamp).txt")
        try Data(text.utf8).write(to: id)
    }
}
