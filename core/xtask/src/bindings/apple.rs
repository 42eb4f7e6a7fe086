//! Apple: static libraries for iPhone, simulator and Mac in one XCFramework, in a package folder that Xcode adds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Built, For, LIBRARY, PACKAGE, lacking, swift, targets_missing};
use crate::outcome::Outcome;
use crate::process::{Run, on_path};
use crate::workspace::{Workspace, cargo};

/// Each slice: what it is for, and the processors' targets in it.
const SLICES: [(&str, &[&str]); 3] = [
    ("iphone", &["aarch64-apple-ios"]),
    ("simulator", &["aarch64-apple-ios-sim", "x86_64-apple-ios"]),
    ("mac", &["aarch64-apple-darwin", "x86_64-apple-darwin"]),
];

pub(super) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let targets: Vec<&str> = SLICES.iter().flat_map(|(_, targets)| targets.iter().copied()).collect();
    let mut missing = Vec::new();
    if !cfg!(target_os = "macos") {
        missing.push("macOS".to_owned());
    }
    if on_path(&["xcodebuild"]).is_none() {
        missing.push("Xcode 16 or newer (xcodebuild, lipo)".to_owned());
    }
    missing.extend(targets_missing(&targets).into_iter().map(|target| format!("Rust's target {target}")));
    if !missing.is_empty() {
        return Ok(lacking(
            "The package for Apple's systems",
            &missing,
            &[
                format!("rustup target add {}", targets.join(" ")),
                "xcode-select --install    # and Xcode itself from the App Store, once opened".into(),
                "cargo xtask bindings apple".into(),
            ],
        ));
    }
    let built = Built::new(workspace, false, For::Apps)?;
    let sources = swift::generate(workspace, &built)?;
    let folder = workspace.target.join("bindings/apple");
    let headers = folder.join("headers");
    for name in [&format!("{LIBRARY}FFI.h"), "module.modulemap"] {
        let text = fs::read(sources.join(name)).map_err(|e| format!("the generated {name}: {e}"))?;
        super::write(&headers.join(name), &text)?;
    }
    let framework = folder.join(swift::FRAMEWORK);
    if framework.exists() {
        fs::remove_dir_all(&framework).map_err(|e| format!("{}: {e}", framework.display()))?;
    }
    let mut create = Command::new("xcodebuild");
    create.arg("-create-xcframework");
    for (name, targets) in SLICES {
        let library = slice(workspace, &folder.join(name), targets)?;
        create.arg("-library").arg(library).arg("-headers").arg(&headers);
    }
    if !Run::new(create.arg("-output").arg(&framework)).shown()? {
        return Ok(Outcome::Failed);
    }
    let package = swift::package(workspace, &built, swift::Package::Apple { framework: &framework })?;
    println!("\nIn Xcode: File, Add Package Dependencies, Add Local: {}", package.display());
    Ok(Outcome::Well)
}

/// Builds one slice; the library.
fn slice(workspace: &Workspace, folder: &Path, targets: &[&str]) -> Result<PathBuf, String> {
    let file = format!("lib{LIBRARY}.a");
    let mut join = Command::new("lipo");
    join.arg("-create");
    for target in targets {
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--package", PACKAGE, "--lib", "--profile", "phone"]);
        build.env("IPHONEOS_DEPLOYMENT_TARGET", "16.0").env("MACOSX_DEPLOYMENT_TARGET", "13.0");
        if !Run::new(build.args(["--target", target])).shown()? {
            return Err(format!("{PACKAGE} does not build for {target} (see above)"));
        }
        join.arg(workspace.target.join(target).join("phone").join(&file));
    }
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let joined = folder.join(file);
    Run::new(join.arg("-output").arg(&joined)).text()?;
    Ok(joined)
}
