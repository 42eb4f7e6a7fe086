// swift-tools-version: 6.0
// The iOS demo without its screens: what they show and what their buttons do, on the public API of Satchel alone. It is a package
// of its own so that it compiles, and is tested against the real core and receiver, where there is no Xcode.

import PackageDescription

// Where the composed Satchel package is: `cargo xtask bindings apple` puts it below the target folder.
let satchel = Context.environment["SATCHEL_PACKAGE"] ?? "../../target/bindings/apple/Satchel"
// Our own tests refuse warnings; an app that builds with a newer compiler than ours does not.
let strict: [SwiftSetting] =
    Context.environment["SATCHEL_STRICT"] == nil ? [] : [.unsafeFlags(["-warnings-as-errors"])]
#if os(Linux)
    // Swift 6.0's Observation, as Debian has it, names symbols that only other libraries of the toolchain define.
    let linked: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "--allow-shlib-undefined"])]
#else
    let linked: [LinkerSetting] = []
#endif

let package = Package(
    name: "SatchelDemoModel",
    platforms: [.iOS(.v17), .macOS(.v14)],
    products: [.library(name: "SatchelDemoModel", targets: ["SatchelDemoModel"])],
    dependencies: [.package(name: "Satchel", path: satchel)],
    targets: [
        .target(
            name: "SatchelDemoModel", dependencies: [.product(name: "Satchel", package: "Satchel")],
            swiftSettings: strict, linkerSettings: linked),
        .testTarget(
            name: "SatchelDemoModelTests", dependencies: ["SatchelDemoModel"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
