// The part of the system's daemon that carries an app's transfers, in a process of its own: `SatchelCarrier SPOOL JOURNAL`.
//
// It takes the tasks of a spool and carries them whether the app lives or not. Some it repeats by itself once they are done,
// as the system's does when it lost the reply: then the offset is stale, and the app gets the second reply, or both. Started
// anew after it died, it carries again what it had not done. What it carried stands in the journal, a line of JSON for each. It
// ends when its standard input does.

import Foundation
import SatchelSystem

/// A line of the journal.
private struct Carried: Encodable {
    let lease: String
    let method: String
    let path: String
    let offset: String?
    let bytes: Int
    /// None where no reply came.
    let status: Int?
    /// By the daemon's own accord, after it was done or the daemon died.
    let again: Bool
}

@main
struct Carrier {
    private let spool: Spool
    private let journal: Journal
    private let system = HostSystem(withoutTLS: true)

    static func main() async throws {
        let arguments = CommandLine.arguments
        Thread.detachNewThread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            exit(0)
        }
        let carrier = Carrier(
            spool: try Spool(URL(fileURLWithPath: arguments[1])),
            journal: try Journal(URL(fileURLWithPath: arguments[2])))
        FileHandle.standardOutput.write(Data("carrying\n".utf8))
        var known: Set<String> = []
        while true {
            let here = Set(try carrier.spool.leases())
            known.formIntersection(here)
            for lease in here.subtracting(known) {
                known.insert(lease)
                if carrier.spool.replies(of: lease).last?.last == true { continue }
                let (parcel, before) = try carrier.spool.take(lease)
                Task { await carrier.carry(parcel, again: before) }
            }
            try await Task.sleep(for: .milliseconds(3))
        }
    }

    private func carry(_ parcel: Parcel, again: Bool) async {
        do {
            if let wait = parcel.notBefore?.timeIntervalSinceNow, wait > 0 { try await Task.sleep(for: .seconds(wait)) }
            let first = try await once(parcel, again: again)
            // A third of what sent bytes from an offset and got through; of those, each second time the first reply is lost.
            guard parcel.method == "PATCH", !again, (first.status ?? 0) / 100 == 2, Int.random(in: 0..<3) == 0 else {
                return try spool.leave(.init(first, last: true), number: again ? 2 : 1, of: parcel.lease)
            }
            if Bool.random() { try spool.leave(.init(first, last: false), number: 1, of: parcel.lease) }
            let second = try await once(parcel, again: true)
            try spool.leave(.init(second, last: true), number: 2, of: parcel.lease)
        } catch {
            FileHandle.standardError.write(Data("carrier: \(error)\n".utf8))
            exit(1)
        }
    }

    private func once(_ parcel: Parcel, again: Bool) async throws -> Brought {
        let brought = await system.carry(parcel, fromMemory: again)
        try await journal.note(
            Carried(
                lease: parcel.lease, method: parcel.method, path: parcel.url.path,
                offset: parcel.header("upload-offset"), bytes: parcel.length, status: brought.status, again: again))
        return brought
    }
}

private actor Journal {
    private let file: FileHandle

    init(_ url: URL) throws {
        if !FileManager.default.fileExists(atPath: url.path) { try Data().write(to: url) }
        file = try FileHandle(forUpdating: url)
        try file.seekToEnd()
    }

    func note(_ carried: Carried) throws {
        try file.write(contentsOf: JSONEncoder().encode(carried) + Data("\n".utf8))
    }
}
