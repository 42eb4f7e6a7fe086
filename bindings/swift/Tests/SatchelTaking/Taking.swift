// The app of an inbox, in a process that is killed as `SatchelSharing` is: `SatchelTaking INBOX STOP OUTBOX` takes in what is there,
// and says how many.

import Foundation
import Satchel
import SatchelApple
import SatchelInbox
import SatchelStops

@main
struct Taking {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            let stop = Stop(arguments[2])
            let inbox = Inbox(folder: URL(fileURLWithPath: arguments[1])) { _ in stop.pass() }
            let satchel = try await Satchel.open(Configuration(folder: URL(fileURLWithPath: arguments[3])))
            say("started")
            let report = try await inbox.take(into: satchel)
            try await satchel.closeAndWait()
            say("taken \(report.taken.count) failed \(report.failed)")
            say("passed \(stop.passed)")
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("taking: \(error)\n".utf8))
            exit(1)
        }
    }
}
