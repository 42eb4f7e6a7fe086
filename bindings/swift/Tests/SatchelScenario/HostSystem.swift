// The system that carries requests for the runner when it is a host: URLSession, which sends a body from its file.

import Foundation
import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Sends steps as they are.
final class HostSystem: Sendable {
    private let session = URLSession(configuration: .ephemeral)
    private let staying = Staying()

    deinit {
        session.finishTasksAndInvalidate()
    }

    func carry(_ step: HostStep) async -> HostOutcome {
        var request = URLRequest(url: step.url)
        request.httpMethod = step.method
        for header in step.headers { request.addValue(header.value, forHTTPHeaderField: header.name) }
        do {
            let (body, reply) =
                if let file = step.body?.file {
                    try await session.upload(for: request, fromFile: file, delegate: staying)
                } else {
                    try await session.data(for: request, delegate: staying)
                }
            guard let reply = reply as? HTTPURLResponse else { return .cut(.garbage) }
            let headers = reply.allHeaderFields.map { Header(name: "\($0.key)", value: "\($0.value)") }
            return .reply(
                status: reply.statusCode, headers: headers, body: body, url: reply.url ?? step.url, peer: .unknown)
        } catch {
            return .cut(.reset)
        }
    }
}

/// Follows no redirect: the reply that asks for one is the outcome.
private final class Staying: NSObject, URLSessionTaskDelegate {
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }
}
