//! Swift: a package of our sources, the generated ones and the library; and the suite that runs in it.
//!
//! The package is composed below cargo's target folder. Files that did not change keep their times, so that Swift compiles
//! only what did.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Built, For, LIBRARY, results, results::SwiftTests};
use crate::libtest::Tally;
use crate::parts::Swift;
use crate::process::{Run, without_colour};
use crate::workspace::Workspace;

/// The committed sources' folder.
pub(crate) const SOURCES: &str = "bindings/swift";
/// The program in its tests that measures.
const BENCH: &str = "SatchelBench";
/// What the package folder has beside those.
const MADE: [&str; 4] = [".build", "lib", "Package.resolved", FRAMEWORK];
/// Where `cargo xtask bindings apple` puts the libraries for Apple's systems.
pub(super) const FRAMEWORK: &str = "satchel_ffi.xcframework";

/// Whether there is a suite to run.
pub(crate) fn is_there(workspace: &Workspace) -> bool {
    workspace.root.join(SOURCES).join("Package.swift").is_file()
}

/// Which package.
#[derive(Debug, Clone, Copy)]
pub(super) enum Package<'a> {
    /// For programs on this machine.
    Machine,
    /// For this machine, with the tests.
    Tests,
    /// For Apple's systems.
    Apple { framework: &'a Path },
}

/// Composes a package; its folder.
pub(super) fn package(workspace: &Workspace, built: &Built, which: Package<'_>) -> Result<PathBuf, String> {
    let folder = workspace.target.join("bindings").join(match which {
        Package::Machine => "swift-package",
        Package::Tests => "swift-tests",
        Package::Apple { .. } => "apple/Satchel",
    });
    let composed = workspace.target.join("bindings/swift-composed");
    super::mirror(&workspace.root.join(SOURCES), &composed, &[])?;
    if !matches!(which, Package::Tests) {
        let tests = composed.join("Tests");
        fs::remove_dir_all(&tests).map_err(|e| format!("{}: {e}", tests.display()))?;
    }
    let fresh = generate(workspace, built)?;
    let generated = composed.join("Sources/SatchelGenerated");
    let text = |name: &str| fs::read(fresh.join(name)).map_err(|e| format!("the generated {name}: {e}"));
    let swift = quick(String::from_utf8_lossy(&text(&format!("{LIBRARY}.swift"))?).into_owned());
    super::write(&generated.join(format!("{LIBRARY}.swift")), swift.as_bytes())?;
    let header = composed.join("Sources").join(format!("{LIBRARY}FFI"));
    super::write(&header.join(format!("{LIBRARY}FFI.h")), &text(&format!("{LIBRARY}FFI.h"))?)?;
    super::write(&header.join("module.modulemap"), module_map().as_bytes())?;
    super::mirror(&composed, &folder, &MADE)?;
    match which {
        Package::Apple { framework } => {
            let to = folder.join(FRAMEWORK);
            if to.exists() {
                fs::remove_dir_all(&to).map_err(|e| format!("{}: {e}", to.display()))?;
            }
            super::mirror(framework, &to, &[])?;
        }
        Package::Machine | Package::Tests => {
            let name = built.library.file_name().expect("the library has a name");
            super::link(&built.library, &folder.join("lib").join(name))?;
        }
    }
    Ok(folder)
}

/// The generated Swift with quicker ways to read a number and a text: Foundation's, outside of Apple's systems, make most
/// of the time that a page takes. What is not there as expected stays as it is.
fn quick(swift: String) -> String {
    const NUMBER: (&str, &str) = (
        "    var value: T = 0\n    let _ = withUnsafeMutableBytes(of: &value, { reader.data.copyBytes(to: $0, from: range)})\n",
        "    let at = reader.offset\n    let value = reader.data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: T.self) }\n",
    );
    const TEXT: (&str, &str) = (
        "String(decoding: try readBytes(&buf, count: Int(len)), as: UTF8.self)",
        "try readText(&buf, count: Int(len))",
    );
    const READ_TEXT: &str = "
fileprivate func readText(_ reader: inout (data: Data, offset: Data.Index), count: Int) throws -> String {
    let range = reader.offset..<(reader.offset + count)
    guard count >= 0, reader.data.count >= range.upperBound else { throw UniffiInternalError.bufferOverflow }
    reader.offset = range.upperBound
    return reader.data.withUnsafeBytes { String(decoding: $0[range], as: UTF8.self) }
}
";
    let quick = swift.replace(NUMBER.0, NUMBER.1);
    if !quick.contains(TEXT.0) {
        return quick;
    }
    quick.replace(TEXT.0, TEXT.1) + READ_TEXT
}

/// Writes the Swift and the header that belong to the library; the folder.
pub(super) fn generate(workspace: &Workspace, built: &Built) -> Result<PathBuf, String> {
    let folder = workspace.target.join("bindings/swift");
    built.generate(workspace, "swift", &folder)?;
    super::write(&folder.join("module.modulemap"), module_map().as_bytes())?;
    Ok(folder)
}

/// Tells Swift's compiler of the header.
fn module_map() -> String {
    format!("module {LIBRARY}FFI {{\n    header \"{LIBRARY}FFI.h\"\n    export *\n}}\n")
}

/// The bench of the package, compiled when it is run, without its arguments; none where there is no such bench.
pub(crate) fn bench(workspace: &Workspace, swift: &Swift, built: &Built) -> Result<Option<Command>, String> {
    if !workspace.root.join(SOURCES).join("Tests").join(BENCH).is_dir() {
        return Ok(None);
    }
    let package = package(workspace, built, Package::Tests)?;
    let mut bench = swift.command(&package, &[&workspace.root, &workspace.target]);
    bench.args(["run", "--disable-sandbox", "-c", "release", BENCH]);
    Ok(Some(bench))
}

/// Runs the tests; what they came to.
pub(crate) fn suite(workspace: &Workspace, swift: &Swift) -> Result<Tally, String> {
    let built = Built::new(workspace, false, For::Tests)?;
    let package = package(workspace, &built, Package::Tests)?;
    let mut test = swift.command(&package, &[&workspace.root, &workspace.target]);
    test.args(["test", "--disable-sandbox"]);
    test.env("SATCHEL_COMMAND", &built.command).env("SATCHEL_ROOT", &workspace.root);
    test.env("SATCHEL_STAGE", &built.stage).env("SATCHEL_SCENARIO", package.join(".build/debug/SatchelScenario"));
    test.env("RUST_BACKTRACE", "0"); // some tests ask for a panic
    // Our own sources are free of warnings; the manifest reads this.
    test.env("SATCHEL_STRICT", "1");
    println!("compiling and testing {SOURCES}");
    tested(&mut test)
}

/// Runs `swift test`, showing what is worth it; what it came to.
fn tested(test: &mut Command) -> Result<Tally, String> {
    let mut tests = SwiftTests::default();
    let well = Run::new(test).lines(|line| {
        for line in results::apart(&without_colour(line)) {
            let progress = line.starts_with('[') && !line.contains("error:");
            if tests.take(line) && !progress {
                println!("{line}");
            }
        }
    })?;
    Ok(tests.ended(well))
}

/// The iOS demo's model, a package of its own on the composed one.
const DEMO: &str = "ios-demo/Model";

/// Whether the iOS demo is there.
pub(crate) fn demo_is_there(workspace: &Workspace) -> bool {
    workspace.root.join(DEMO).join("Package.swift").is_file()
}

/// Runs the tests of the iOS demo's model; what they came to.
pub(crate) fn demo(workspace: &Workspace, swift: &Swift) -> Result<Tally, String> {
    let built = Built::new(workspace, false, For::Tests)?;
    let package = package(workspace, &built, Package::Machine)?;
    let mut test = swift.command(&workspace.root.join(DEMO), &[&workspace.root, &workspace.target]);
    test.args(["test", "--disable-sandbox", "--scratch-path"]).arg(workspace.target.join("bindings/ios-demo-build"));
    test.env("SATCHEL_PACKAGE", &package).env("SATCHEL_COMMAND", &built.command).env("SATCHEL_STRICT", "1");
    test.env("SATCHEL_STAGE", &built.stage);
    println!("compiling and testing {DEMO}");
    tested(&mut test)
}
