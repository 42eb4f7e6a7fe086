// One wake-up of an app that its system starts in the background: `SatchelWaking FOLDER TOKEN SECONDS SPOOL NAME…` opens the
// outbox, adds those photos of its folder, says which steps are still carried, and hands over until its time is over. Then it
// suspends and ends; or it is killed before, at any instant. Where SPOOL is `-` it carries by a URLSession of its own, which ends
// with it; else by the spool of `SatchelCarrier`, which goes on.
//
// It says a line when it is awake, for each photo that was accepted, and how it ended.

import Foundation
import Satchel
import SatchelApple
import SatchelSystem

/// The one target's token, as the test got it by pairing.
private struct Given: Credentials {
    let token: String

    func token(for target: String) -> String? { token }
    func keep(_ token: String, for target: String) {}
}

@main
struct Waking {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            let folder = URL(fileURLWithPath: arguments[1])
            let time = Duration.seconds(Double(arguments[3]) ?? 1)
            let carrier: any Carrier =
                arguments[4] == "-"
                ? URLSessionCarrier(identifier: "waking", seams: .init(withoutTLS: true))
                : SpoolCarrier(try Spool(URL(fileURLWithPath: arguments[4])))
            try await wake(folder, Given(token: arguments[2]), time, carrier, arguments.dropFirst(5))
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("waking: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func wake(
        _ folder: URL, _ token: Given, _ time: Duration, _ carrier: any Carrier, _ names: ArraySlice<String>
    ) async throws {
        let end = ContinuousClock.now.advanced(by: time)
        var setup = SatchelHost.Setup(folder: folder.appendingPathComponent("app"))
        // Short ones, so that an upload takes several.
        setup.limits = HostLimits(mostSteps: 3, mostBytesPerStep: 98_304)
        let host = try await SatchelHost.open(setup, .init(carrier: carrier, credentials: token))
        try await host.linkChanged(Link(.wifi, metered: false))
        say("awake")
        for name in names {
            try await host.satchel.add(folder.appendingPathComponent("photos").appendingPathComponent(name))
            say("added \(name)")
        }
        try await host.uploads.fill()
        while ContinuousClock.now < end {
            // Outcomes are told, and steps handed over, without being asked for.
            try await Task.sleep(for: .milliseconds(20))
        }
        let began = ContinuousClock.now
        let quiet = await host.expired()
        say("suspended \(quiet) \((ContinuousClock.now - began) / .milliseconds(1))")
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
