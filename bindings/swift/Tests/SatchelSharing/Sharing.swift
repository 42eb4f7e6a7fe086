// A share extension, in a process that is killed: at any instant by the test, or by itself at one of the instants that the inbox
// passes. It links no Rust library.
//
// `SatchelSharing INBOX STOP MOTION FILE…` delivers each file, with the film where that is not `-`, and says `delivered NAME`. STOP is
// the number of the instant at which it kills itself, from 0; at none where it is `-`. It says how many it passed.

import Foundation
import SatchelInbox
import SatchelStops

@main
struct Sharing {
    static func main() {
        let arguments = CommandLine.arguments
        do {
            let stop = Stop(arguments[2])
            let inbox = Inbox(folder: URL(fileURLWithPath: arguments[1])) { _ in stop.pass() }
            try deliver(arguments.dropFirst(4), motion: arguments[3], inbox)
            say("passed \(stop.passed)")
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("sharing: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func deliver(_ files: ArraySlice<String>, motion: String, _ inbox: Inbox) throws {
        say("started")
        for file in files.map(URL.init(fileURLWithPath:)) {
            let name = file.lastPathComponent
            let post = InboxPost(caption: "of \(name)", tags: ["shared"], placeName: "Fram Strait")
            if motion == "-" {
                // As some apps share: bytes.
                try inbox.deliver(data: Data(contentsOf: file), name: name, post: post)
            } else {
                try inbox.deliver(file: file, name: name, post: post, motion: URL(fileURLWithPath: motion))
            }
            say("delivered \(name)")
        }
    }
}
