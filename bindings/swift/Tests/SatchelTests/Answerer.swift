// A server that gives one answer to every request, or one for each method, and counts them.

import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// It answers on threads of its own; its port goes with it.
final class Answerer: @unchecked Sendable {
    /// Where it listens, with a slash at the end.
    let url: String
    private let listener: Int32
    private let lock = NSLock()
    private var count = 0

    /// How often it was asked.
    var asked: Int { lock.withLock { count } }

    convenience init(_ answer: String) throws { try self.init(["": answer]) }

    /// - Parameter answers: By how a request begins.
    init(_ answers: [String: String]) throws {
        #if canImport(Glibc)
            listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            listener = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 8) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound else { throw Program.Failure(description: "no port: \(errno)") }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/"
        Thread.detachNewThread { [weak self] in
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                self?.lock.withLock { self?.count += 1 }
                Self.reply(answers, on: connection)
            }
        }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Reads the whole request, so that the answer is not swallowed by a reset.
    private static func reply(_ answers: [String: String], on connection: Int32) {
        defer { close(connection) }
        var request = Data()
        var piece = [UInt8](repeating: 0, count: 65_536)
        var expected = Int.max
        while request.count < expected {
            let read = recv(connection, &piece, piece.count, 0)
            if read <= 0 { return }
            request.append(contentsOf: piece[0..<read])
            if expected == .max, let head = request.range(of: Data("\r\n\r\n".utf8)) {
                let lines = String(decoding: request[..<head.lowerBound], as: UTF8.self).lowercased()
                let length = lines.components(separatedBy: "content-length: ").dropFirst().first
                expected = head.upperBound + (length.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0)
            }
        }
        let answer = answers.first { request.starts(with: Data($0.key.utf8)) }?.value ?? ""
        _ = answer.withCString { send(connection, $0, strlen($0), 0) }
    }
}
