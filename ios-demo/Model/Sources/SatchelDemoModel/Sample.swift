// Pictures for a tester who has no photos at hand: drawn here, each unlike any other, and so real that previews are made of them.

import Foundation

/// A drawn picture as a PNG file.
struct Sample: Sendable {
    /// Which; the same number in the same batch draws the same picture.
    let number: Int
    /// Which batch: of two batches no two pictures are alike.
    let batch: UInt64

    /// `sample-7.png`
    var name: String { "sample-\(number).png" }
    /// What is said of it.
    var caption: String { "Sample \(number)" }

    /// The file: about half a megabyte.
    func png(width: Int = 480, height: Int = 360) -> Data {
        var chance = Chance(state: batch &+ UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15)
        let (top, bottom, sun) = (chance.colour(), chance.colour(), chance.colour())
        let centre = (x: Int(chance.next() % UInt64(width)), y: Int(chance.next() % UInt64(height)))
        let radius = 30 + Int(chance.next() % 60)
        var pixels = Data(capacity: (width * 3 + 1) * height)
        for y in 0..<height {
            pixels.append(0)  // no filter on this line
            let sky = (0..<3).map { UInt8((Int(top[$0]) * (height - y) + Int(bottom[$0]) * y) / height) }
            for x in 0..<width {
                let (dx, dy) = (x - centre.x, y - centre.y)
                pixels.append(contentsOf: dx * dx + dy * dy < radius * radius ? sun : sky)
            }
        }
        var file = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        // 8 bits a channel, red, green and blue, neither filters nor interlacing of other kinds.
        file.append(Self.chunk("IHDR", Self.number(width) + Self.number(height) + Data([8, 2, 0, 0, 0])))
        file.append(Self.chunk("IDAT", Self.stored(pixels)))
        file.append(Self.chunk("IEND", Data()))
        return file
    }

    /// A zlib stream (RFC 1950) of stored blocks (RFC 1951, 3.2.4): the size of a photo is wanted, not a small file.
    private static func stored(_ data: Data) -> Data {
        var stream = Data([0x78, 0x01])
        var at = data.startIndex
        repeat {
            let end = min(at + 0xFFFF, data.endIndex)
            let length = UInt16(end - at)
            stream.append(end == data.endIndex ? 1 : 0)
            for value in [length, ~length] { stream.append(contentsOf: [UInt8(value & 0xFF), UInt8(value >> 8)]) }
            stream.append(data[at..<end])
            at = end
        } while at < data.endIndex
        var (low, high): (UInt32, UInt32) = (1, 0)
        for byte in data {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        return stream + number(Int(high << 16 | low))
    }

    private static func chunk(_ kind: String, _ data: Data) -> Data {
        let body = Data(kind.utf8) + data
        return number(data.count) + body + number(Int(checksum(body)))
    }

    private static func number(_ value: Int) -> Data {
        Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) })
    }

    /// CRC-32 as PNG wants it (ISO 3309).
    private static func checksum(_ data: Data) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in data { sum = table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
        return ~sum
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1 }
    }
}

/// A sequence of numbers from a seed (SplitMix64).
private struct Chance {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func colour() -> [UInt8] {
        (0..<3).map { _ in UInt8(next() & 0xFF) }
    }
}
