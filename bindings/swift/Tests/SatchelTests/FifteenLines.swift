// What an app writes, and that it works as it stands.

import Foundation
import Satchel
import Testing

// fifteen lines: begin
func deliver(_ photo: URL, outbox: URL, code: String) async throws -> Asset {
    let satchel = try await Satchel.open(Configuration(folder: outbox))
    defer { satchel.close() }
    try await satchel.pair(code: code, device: "Ida's phone")
    try satchel.setLink(Link(.wifi, metered: false))
    let watching = Task {
        for await case .progress(_, _, _, let sent, let bytes) in satchel.changes() {
            print("\(sent) of \(bytes) bytes")
        }
    }
    defer { watching.cancel() }
    let added = try await satchel.add(photo)
    try await satchel.run()
    return try await satchel.asset(added.id)
}
// fifteen lines: end

@Test(.timeLimit(.minutes(5)))
func fifteenLinesDeliverAPhoto() async throws {
    let folder = try Folder()
    let receiver = try Receiver(in: folder.url)
    let asset = try await deliver(
        try folder.photo("IMG_1000.JPG"), outbox: folder.url.appendingPathComponent("outbox"), code: receiver.pairing)
    #expect(asset.state == .delivered(.receipt))
}
