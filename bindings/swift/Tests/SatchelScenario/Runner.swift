// The scenarios' runner for Swift, through the public API: `SatchelScenario SCENARIO STAGE FOLDER`. What the steps mean is
// told in bindings/conformance.

import Foundation
import Satchel
import SatchelSystem

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What was expected, and what was seen.
struct Unfit: Error, CustomStringConvertible {
    let description: String
}

/// What a runner leaves to the next one.
struct Notes: Codable {
    var next = 0
    var assets: [String: String] = [:]
    var host: String?
}

@main
struct Runner {
    private static let tries = 100

    private let stage: URL
    private let folder: URL
    private var notes: Notes
    private var outbox: Satchel?
    private let vault: Vault
    private let album: Album
    private let artist: Artist

    static func main() async {
        let arguments = CommandLine.arguments
        do {
            guard arguments.count == 4, let stage = URL(string: "http://\(arguments[2])/") else {
                throw Unfit(description: "SatchelScenario: SCENARIO STAGE FOLDER")
            }
            var runner = Runner(stage: stage, folder: URL(fileURLWithPath: arguments[3]))
            try await runner.play(URL(fileURLWithPath: arguments[1]))
            exit(0)
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private init(stage: URL, folder: URL) {
        self.stage = stage
        self.folder = folder
        let noted = try? Data(contentsOf: folder.appendingPathComponent("notes.json"))
        vault = Vault(file: folder.appendingPathComponent("tokens.json"))
        album = Album(folder: folder.appendingPathComponent("photos"))
        artist = Artist(folder: folder.appendingPathComponent("photos"))
        notes = noted.flatMap { try? JSONDecoder().decode(Notes.self, from: $0) } ?? Notes()
    }

    private mutating func play(_ scenario: URL) async throws {
        let steps = try JSON.read(scenario)["steps"]?.list ?? []
        for (number, step) in steps.enumerated().dropFirst(notes.next) {
            do {
                try await play(step, number)
            } catch {
                throw Unfit(description: "step \(number + 1): \(step.words)\n  \(error)")
            }
        }
    }

    private mutating func play(_ step: JSON, _ number: Int) async throws {
        if step["world"] != nil {
            try fits(step["is"], try await world(step))
            return
        }
        let came: JSON
        do {
            came = try await act(step, number)
        } catch let error as SatchelError {
            guard let fails = step["fails"] else { throw Unfit(description: "\(error.code): \(error.words)") }
            try fits(fails, view(error))
            return
        }
        if step["fails"] != nil { throw Unfit(description: "it did not fail") }
        try fits(step["is"], came)
    }

    private func world(_ step: JSON) async throws -> JSON {
        var request = URLRequest(url: stage)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try step.bytes()
        let (data, reply) = try await URLSession.shared.data(for: request)
        guard (reply as? HTTPURLResponse)?.statusCode == 200 else {
            throw Unfit(description: String(decoding: data, as: UTF8.self))
        }
        return try JSONDecoder().decode(JSON.self, from: data)
    }

    private func ask(_ world: String, for name: String) async throws -> String {
        try text(try await self.world(.object(["world": .text(world)])), name)
    }

    private mutating func act(_ step: JSON, _ number: Int) async throws -> JSON {
        let act = try text(step, "do")
        switch act {
        case "open":
            var policy = try policy(step["policy"])
            policy?.order = .oldest
            let configuration = Configuration(
                folder: folder.appendingPathComponent("outbox"), policy: policy, connectTimeout: .seconds(5))
            outbox = try await Satchel.open(configuration, credentials: vault, library: album, previewer: artist)
            return .null
        case "safe":
            let name = try text(step, "proof")
            guard let proof = Proof.allCases.first(where: { $0.code == name }) else {
                throw Unfit(description: "there is no proof \(name)")
            }
            return .flag(proof.isSafeToFree)
        case "kill":
            try kill(number)
        default: break
        }
        guard let outbox else { throw Unfit(description: "the outbox is not open") }
        switch act {
        case "close": try await outbox.closeAndWait()
        case "pair":
            var code = step["code"]?.text
            if code == nil { code = try await ask("receiver", for: "code") }
            try await outbox.pair(code: code ?? "", device: "a phone")
        case "tus":
            let address = try await ask("tus", for: "url")
            guard let url = URL(string: address) else { throw Unfit(description: "no address: \(address)") }
            try await outbox.setTusTarget(url)
        case "add": try await add(outbox, step)
        case "item": try await item(outbox, step)
        case "library": album.answer(try text(step, "answers"))
        case "previewer": artist.draw(step["draws"]?.text, film: step["films"]?.text)
        case "token": try await token(outbox, try text(step, "token"))
        case "edit": try await outbox.editPost(try asset(step), post(step))
        case "remove": try await outbox.remove(try asset(step))
        case "retry": try await outbox.retry(try asset(step))
        case "pause": try await outbox.pause(step["paused"]?.flag ?? true)
        case "run": return try await ran(outbox)
        case "urgent": try await outbox.setUrgent(try asset(step), step["urgent"]?.flag ?? true)
        case "attempts": return view(try await outbox.attempts(try asset(step)))
        case "wake": return view(try await outbox.wake())
        case "suspend": return .flag(try await outbox.suspend(within: .seconds(10)))
        case "resume": try outbox.resume()
        case "pretend": try outbox.pretend(try pretend(step))
        case "report": return .flag(try await outbox.report().contains(try text(step, "names")))
        case "until": return try await until(outbox, step)
        case "host": return try await host(outbox, step)
        case "staged": try await staged(outbox, step)
        case "list": return .object(["count": .number(Int64(try await outbox.assets(limit: 1_000).count))])
        case "see": return view(try await outbox.asset(try asset(step)))
        default:
            let ways = Ways(outbox: outbox, folder: folder) { [self] in
                try await world(.object(["world": .text("mirror")]))
            }
            if let came = try await ways.act(act, step) { return came }
            return try await Rules(outbox: outbox, named: notes.assets).act(act, step)
        }
        return .null
    }

    private mutating func add(_ outbox: Satchel, _ step: JSON) async throws {
        let motion = step["motion"]?.text.map { Motion.file(photo($0)) }
        let options = AddOptions(
            post: post(step), urgent: step["urgent"]?.flag ?? false, copy: step["copy"]?.flag ?? false,
            album: step["album"]?.text, motion: motion)
        let added = try await outbox.add(photo(try text(step, "photo")), options: options)
        if let name = step["as"]?.text { notes.assets[name] = added.id.rawValue }
        if let expected = step["becomes"]?.text, expected != added.kind.code {
            throw Unfit(description: "it was \(added.kind.code)")
        }
    }

    private mutating func item(_ outbox: Satchel, _ step: JSON) async throws {
        let name = try text(step, "photo")
        let motion = step["motion"]?.text.map { Motion.item(LibraryItem(id: $0, name: $0)) }
        let options = AddOptions(post: post(step), copy: step["copy"]?.flag ?? false, motion: motion)
        let added = try await outbox.add(LibraryItem(id: name, name: name), options: options)
        if let name = step["as"]?.text { notes.assets[name] = added.id.rawValue }
    }

    private func token(_ outbox: Satchel, _ token: String) async throws {
        for target in try await outbox.targets() {
            try vault.setAside(target.address)
            try await outbox.setToken(token, for: target.id)
        }
    }

    private func until(_ outbox: Satchel, _ step: JSON) async throws -> JSON {
        var last = JSON.null
        for _ in 0..<Self.tries {
            try await outbox.tryNow()
            _ = try await ran(outbox)
            last = view(try await outbox.asset(try asset(step)))
            if (try? fits(step["is"], last)) != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        return last
    }

    /// A host whose system is URLSession.
    private mutating func host(_ outbox: Satchel, _ step: JSON) async throws -> JSON {
        let owner = try notes.host.map(HostID.init(rawValue:)) ?? outbox.newHostID()
        notes.host = owner.rawValue
        var limits = HostLimits()
        if case .number(let bytes)? = step["bytes"] { limits.mostBytesPerStep = Int(bytes) }
        let system = HostSystem()
        let twice = step["twice"]?.flag ?? false
        var forget = step["forget"]?.flag ?? false
        var asked = JSON.null
        try await outbox.hostRunning(owner, still: [])
        for _ in 0..<Self.tries {
            let steps = try await outbox.hostSteps(for: owner, limits: limits).steps
            guard let first = steps.first else { break }
            if asked == .null { asked = view(first) }
            for step in steps {
                var brought = await system.carry(Parcel(step))
                if twice, step.method == "PATCH" { brought = await system.carry(Parcel(step)) }
                if !forget { try await outbox.hostOutcome(brought.outcome, of: step.lease) }
            }
            if forget { try await outbox.hostRunning(owner, still: []) }
            forget = false
        }
        return asked
    }

    private mutating func staged(_ outbox: Satchel, _ step: JSON) async throws {
        let name = try text(step, "photo")
        var motion: Motion?
        if let beside = step["motion"]?.text { motion = .staged(try await written(outbox, beside), name: beside) }
        let added = try await outbox.commit(
            try await written(outbox, name), name: name, post: post(step), urgent: step["urgent"]?.flag ?? false,
            motion: motion)
        if let name = step["as"]?.text { notes.assets[name] = added.id.rawValue }
    }

    /// A stage that the bytes of a photo were written to.
    private func written(_ outbox: Satchel, _ name: String) async throws -> Stage {
        let stage = try await outbox.stage()
        try Data(contentsOf: photo(name)).write(to: stage.file)
        return stage
    }

    private func photo(_ name: String) -> URL {
        folder.appendingPathComponent("photos").appendingPathComponent(name)
    }

    private mutating func kill(_ number: Int) throws {
        notes.next = number + 1
        try JSONEncoder().encode(notes).write(to: folder.appendingPathComponent("notes.json"))
        raise(SIGKILL)
        throw Unfit(description: "the runner outlived its kill")
    }

    /// A name that nothing was added as stands for itself.
    private func asset(_ step: JSON) throws -> AssetID {
        let name = try text(step, "asset")
        return AssetID(rawValue: notes.assets[name] ?? name)
    }
}

/// What is to be pretended; nothing where the step names nothing.
private func pretend(_ step: JSON) throws -> Pretend? {
    var pretend = Pretend()
    if let stands = step["stands"]?.text { pretend.stands = StandIn.allCases.first { $0.code == stands } }
    if case .number(let rate)? = step["rate"] { pretend.bytesPerSecond = Int(rate) }
    if case .number(let latency)? = step["latency"] { pretend.latency = .milliseconds(latency) }
    return pretend == Pretend() ? nil : pretend
}

private func ran(_ outbox: Satchel) async throws -> JSON {
    view(try await outbox.run(RunOptions(linger: .zero)))
}

private func post(_ step: JSON) -> PostEdit {
    PostEdit(caption: step["caption"]?.text, tags: step["tags"]?.list?.compactMap(\.text))
}

func text(_ step: JSON, _ name: String) throws -> String {
    guard let text = step[name]?.text else { throw Unfit(description: "the step lacks \"\(name)\"") }
    return text
}

/// Whether all that was expected is so.
private func fits(_ expected: JSON?, _ seen: JSON) throws {
    switch expected {
    case nil, .null: return
    case .object(let fields):
        for (name, value) in fields where seen[name] != value {
            throw Unfit(description: "expected \(name) to be \(value.words), saw \(seen.words)")
        }
    case .some(let value):
        if value != seen { throw Unfit(description: "expected \(value.words), saw \(seen.words)") }
    }
}
