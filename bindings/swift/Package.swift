// swift-tools-version: 6.0
// Satchel for Swift. `cargo xtask bindings swift` and `cargo xtask bindings apple` compose the package that an app adds:
// this file, our sources, the generated ones, and the library: an XCFramework for Apple's systems, else a shared library.

import Foundation
import PackageDescription

let folder = Context.packageDirectory
let framework = "satchel_ffi.xcframework"
let library: Target
var linked: [LinkerSetting] = []
if FileManager.default.fileExists(atPath: "\(folder)/\(framework)") {
    library = .binaryTarget(name: "satchel_ffiFFI", path: framework)
    // What the library itself stands on.
    linked = [.linkedFramework("Security"), .linkedFramework("SystemConfiguration")]
} else {
    library = .systemLibrary(name: "satchel_ffiFFI")
    linked = [
        .linkedLibrary("satchel_ffi"),
        .unsafeFlags(["-L\(folder)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(folder)/lib"]),
    ]
}

// Our own tests refuse warnings; an app that builds with a newer compiler than ours does not.
let strict: [SwiftSetting] =
    Context.environment["SATCHEL_STRICT"] == nil ? [] : [.unsafeFlags(["-warnings-as-errors"])]

var targets: [Target] = [
    library,
    .target(name: "SatchelGenerated", dependencies: ["satchel_ffiFFI"], linkerSettings: linked),
    .target(name: "Satchel", dependencies: ["SatchelGenerated"], swiftSettings: strict),
    // What a share extension links: no Rust library, and no outbox.
    .target(name: "SatchelInbox", swiftSettings: strict),
    // Everything else of Apple's: what needs none of its frameworks runs on Linux too, and is tested there.
    .target(name: "SatchelApple", dependencies: ["Satchel", "SatchelInbox"], swiftSettings: strict),
]
// What an app adds has no tests in it.
if FileManager.default.fileExists(atPath: "\(folder)/Tests") {
    targets += [
        .target(
            name: "SatchelSystem", dependencies: ["Satchel"], path: "Tests/SatchelSystem", swiftSettings: strict),
        .target(name: "SatchelStops", path: "Tests/SatchelStops", swiftSettings: strict),
        .testTarget(
            name: "SatchelTests",
            dependencies: ["Satchel", "SatchelApple", "SatchelGenerated", "SatchelInbox", "SatchelSystem"],
            swiftSettings: strict),
    ]
    let programs: [(String, needs: [Target.Dependency])] = [
        ("SatchelScenario", ["Satchel", "SatchelSystem"]), ("SatchelKilled", ["Satchel"]),
        ("SatchelHost", ["Satchel", "SatchelSystem"]), ("SatchelCarrier", ["SatchelSystem"]),
        ("SatchelBench", ["Satchel", "SatchelGenerated"]),
        ("SatchelWaking", ["Satchel", "SatchelApple", "SatchelSystem"]),
        ("SatchelSharing", ["SatchelInbox", "SatchelStops"]),
        ("SatchelTaking", ["Satchel", "SatchelApple", "SatchelInbox", "SatchelStops"]),
    ]
    targets += programs.map { name, needs in
        .executableTarget(name: name, dependencies: needs, path: "Tests/\(name)", swiftSettings: strict)
    }
}

let package = Package(
    name: "Satchel",
    platforms: [.iOS(.v16), .macOS(.v13)],
    products: ["Satchel", "SatchelApple", "SatchelInbox"].map { .library(name: $0, targets: [$0]) },
    targets: targets,
    swiftLanguageModes: [.v6]
)
