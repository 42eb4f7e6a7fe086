// What Apple's adapters decide without Apple's frameworks.

import Foundation
import Satchel
import Testing

@testable import SatchelApple

@Suite struct WakePlanTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func plan(_ wake: Wake, watches: Bool = false) -> [WakeRequest] {
        WakePlan(wake, now: now, watches: watches).requests
    }

    @Test func nothingToDoAsksForNothing() {
        #expect(plan(Wake()).isEmpty)
        #expect(plan(Wake(), watches: true) == [.refresh(earliest: now.addingTimeInterval(900))])
    }

    @Test func bytesThatWaitForALinkAskForTheNetwork() {
        let soon = now.addingTimeInterval(900)
        #expect(
            plan(Wake(needs: .unmetered, bytes: 1_000)) == [
                .processing(network: true, power: false, earliest: nil), .refresh(earliest: soon),
            ])
        #expect(
            plan(Wake(needs: .any, charging: true, bytes: 1_000)) == [
                .processing(network: true, power: true, earliest: nil)
            ], "without power there is nothing for a refresh to do")
    }

    @Test func timesAreKeptButForThePastAndTheFarFuture() {
        let later = now.addingTimeInterval(7_200)
        #expect(
            plan(Wake(at: later, needs: .any, bytes: 1)) == [
                .processing(network: true, power: false, earliest: later), .refresh(earliest: later),
            ])
        let past = plan(Wake(at: now.addingTimeInterval(-5), needs: .any, bytes: 1))
        #expect(past.first == .processing(network: true, power: false, earliest: nil))
        #expect(past.last == .refresh(earliest: now.addingTimeInterval(900)), "the system grants no more")
        let far = plan(Wake(at: now.addingTimeInterval(30 * 86_400), bytes: 0))
        #expect(
            far == [
                .processing(network: false, power: false, earliest: now.addingTimeInterval(7 * 86_400)),
                .refresh(earliest: now.addingTimeInterval(7 * 86_400)),
            ])
    }

    @Test func aBetterLinkMayComeSoonerThanTheTime() {
        let wake = Wake(at: now.addingTimeInterval(7_200), needs: .any, sooner: .unmetered, bytes: 5)
        #expect(
            plan(wake) == [
                .processing(network: true, power: false, earliest: nil),
                .refresh(earliest: now.addingTimeInterval(900)),
            ])
    }
}

@Suite struct LinkFactsTests {
    @Test func pathsAreLinks() {
        #expect(Link(path: PathFacts(isSatisfied: false, uses: [.wifi])).kind == .noNetwork)
        let wifi = Link(path: PathFacts(isSatisfied: true, uses: [.wifi], interfaceIndex: 12), network: "n")
        #expect(wifi.kind == .wifi && wifi.metered == false && wifi.interface == "12" && wifi.network == "n")
        #expect(wifi.roaming == nil && wifi.validated == nil && wifi.captive == nil, "the system tells no app")
        let hotspot = Link(path: PathFacts(isSatisfied: true, uses: [.wifi], isExpensive: true))
        #expect(hotspot.kind == .hotspot && hotspot.metered == true)
        let cellular = Link(
            path: PathFacts(isSatisfied: true, uses: [.cellular], isExpensive: true, isConstrained: true))
        #expect(cellular.kind == .cellular && cellular.metered == true && cellular.constrained == true)
        #expect(cellular.temporarilyUnmetered == nil)
        let free = Link(path: PathFacts(isSatisfied: true, uses: [.cellular]))
        #expect(free.metered == true && free.temporarilyUnmetered == true)
        #expect(Link(path: PathFacts(isSatisfied: true, uses: [.wiredEthernet])).kind == .ethernet)
        // A tunnel over Wi-Fi is the Wi-Fi; one over who knows what is neither.
        #expect(Link(path: PathFacts(isSatisfied: true, uses: [.wifi, .other])).kind == .wifi)
        #expect(Link(path: PathFacts(isSatisfied: true, uses: [.other])).kind == .other)
        #expect(Link(path: PathFacts(isSatisfied: true)).kind == .unknown)
    }

    @Test func aWifiWithoutANameMayBeOneThatCosts() {
        let nameless = Link(path: PathFacts(isSatisfied: true, uses: [.wifi]))
        #expect(nameless.doubted(knowing: [.free, .metered]).metered == nil)
        #expect(nameless.doubted(knowing: [.free]) == nameless && nameless.doubted(knowing: []) == nameless)
        for sure in [
            Link(.wifi, metered: false, network: "n"), Link(.hotspot, metered: true), Link(.ethernet, metered: false),
        ] {
            #expect(sure.doubted(knowing: [.metered]) == sure)
        }
    }

    @Test func cloudOriginalsHaveTheirOwnRule() {
        let free = Link(.wifi, metered: false)
        let links: [Link?] = [
            nil, Link(.noNetwork), Link(.wifi), free, Link(.wifi, metered: false, constrained: true),
            Link(.cellular, metered: true), Link(.cellular, metered: true, temporarilyUnmetered: true),
            Link(.wifi, metered: false, captive: true), Link(.cellular, roaming: true, temporarilyUnmetered: true),
        ]
        #expect(links.map { CloudRule.never.fetches(over: $0) } == Array(repeating: false, count: 9))
        #expect(
            links.map { CloudRule.freeLinksOnly.fetches(over: $0) } == [
                false, false, false, true, false, false, true, false, false,
            ])
        #expect(links.map { CloudRule.always.fetches(over: $0) } == [true, false] + Array(repeating: true, count: 7))
    }
}

@Suite struct OnceTests {
    @Test func oneOfManyDoesIt() async {
        let (once, count) = (Once(), Count())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 { group.addTask { once.first { count.up() } } }
        }
        #expect(count.now == 1)
    }

    /// `@unchecked`: its state is behind a lock.
    private final class Count: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0

        func up() { lock.withLock { count += 1 } }
        var now: Int { lock.withLock { count } }
    }
}

@Suite struct CarriedTaskTests {
    @Test func aTasksWordsSurviveTheProcess() throws {
        let note = try #require(TaskNote("satchel-1 0123abcd pin-_x"))
        #expect(note.lease == LeaseID(rawValue: "0123abcd") && note.pin == "pin-_x")
        #expect(TaskNote(note.text) == note)
        #expect(
            TaskNote("satchel-1 0123abcd -")?.pin == nil
                && TaskNote("satchel-1 0123abcd -")?.text.hasSuffix(" -") == true)
        for foreign in [nil, "", "another library's", "satchel-2 a b"] as [String?] {
            #expect(TaskNote(foreign) == nil)
        }
    }

    @Test(
        arguments: [
            ("https://a.example/x", "pin", Peer.pin), ("https://A.example:443/y", "pin", .pin),
            ("https://a.example/x", nil, .root), ("https://a.example:444/x", nil, .unknown),
            ("https://b.example/x", "pin", .unknown), ("http://a.example/x", "pin", .unknown),
        ] as [(String, String?, Peer)])
    func whoAnsweredIsKnownOnlyAtTheTargetsOwnAddress(url: String, pin: String?, peer: Peer) throws {
        let asked = try #require(URL(string: "https://a.example/files"))
        #expect(TaskEnd.peer(of: try #require(URL(string: url)), asked: asked, pin: pin) == peer)
    }

    @Test func aCertificateThatIsNotTheTargetsIsSaidSo() {
        let note = TaskNote("satchel-1 l p")!
        let end = TaskEnd(
            note: note, asked: nil, response: nil, body: Data(), sent: 7, error: URLError(.cancelled), isImposter: true)
        #expect(end.outcome == .cut(.certificate, sent: 0))
        #expect(TaskEnd.cut(URLError(.cancelled)) == .stopped && TaskEnd.cut(URLError(.timedOut)) == .stalled)
        #expect(TaskEnd.cut(CocoaError(.featureUnsupported)) == .reset)
    }

    @Test func photoReferencesKeepStillAndFilmApart() {
        let still = PhotoReference(asset: "A/L0/001")
        let film = PhotoReference(asset: "A/L0/001", isMotion: true)
        #expect(still.text != film.text && PhotoReference(still.text) == still && PhotoReference(film.text) == film)
    }

    /// Certificates that OpenSSL made, and what it says of their keys: `openssl x509 -pubkey -noout | openssl pkey -pubin -outform
    /// DER`.
    @Test(arguments: Certificates.all) func aKeyIsFoundInItsCertificate(one: Certificates.One) throws {
        let certificate = try #require(Data(base64Encoded: one.certificate))
        let key = try #require(CertificateKey(certificate: certificate))
        #expect(key.info.base64EncodedString() == one.key)
        for length in stride(from: 0, to: certificate.count, by: 7) {
            // Cut anywhere it is no certificate, or gives the same key.
            let cut = CertificateKey(certificate: certificate.prefix(length))
            #expect(cut == nil || cut == key)
        }
        #expect(CertificateKey(certificate: Data([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF])) == nil)
    }

    @Test func pinsAreWrittenAsTheOutboxDoes() {
        let digest: [UInt8] = [0xFB, 0xEF, 0xFF, 0x00]
        #expect(PinnedKey.text(of: digest) == "--__AA")
    }
}
