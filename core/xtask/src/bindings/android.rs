//! Android: the library for its processors by cargo-ndk, and a local Maven folder by Gradle.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use super::{Built, For, PACKAGE, kotlin, lacking, targets_missing};
use crate::outcome::Outcome;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

/// The oldest level that apps with Satchel run on.
const LEVEL: &str = "24";
/// Rust's name and Android's of each processor.
const PROCESSORS: [(&str, &str); 4] = [
    ("aarch64-linux-android", "arm64-v8a"),
    ("armv7-linux-androideabi", "armeabi-v7a"),
    ("x86_64-linux-android", "x86_64"),
    ("i686-linux-android", "x86"),
];
/// The Gradle project of the Android library.
const PROJECT: &str = "bindings/kotlin/android";

pub(super) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let missing = missing(workspace);
    if !missing.is_empty() {
        let targets: Vec<&str> = PROCESSORS.iter().map(|(rust, _)| *rust).collect();
        return Ok(lacking("The Android library", &missing, &[
            format!("rustup target add {}", targets.join(" ")),
            "cargo install cargo-ndk --locked".into(),
            "sdkmanager 'ndk;28.2.13676358' 'platforms;android-36'    # or Android Studio: Settings, SDK Tools, NDK".into(),
            "export ANDROID_HOME=…  ANDROID_NDK_HOME=$ANDROID_HOME/ndk/28.2.13676358".into(),
            "cargo xtask bindings android".into(),
        ]));
    }
    let built = Built::new(workspace, false, For::Apps)?;
    let generated = kotlin::generate(workspace, &built)?;
    let folder = workspace.target.join("bindings/android");
    let libraries = folder.join("jniLibs");
    let mut build = crate::workspace::cargo();
    build.current_dir(&workspace.root).args(["ndk", "--platform", LEVEL, "--output-dir"]);
    build.arg(&libraries);
    for (_, processor) in PROCESSORS {
        build.args(["--target", processor]);
    }
    build.args(["build", "--package", PACKAGE, "--lib", "--profile", "phone"]);
    if !Run::new(&mut build).shown()? {
        return Ok(Outcome::Failed);
    }
    let project = workspace.root.join(PROJECT);
    let repository = folder.join("maven");
    let mut gradle = Command::new(gradle(workspace).ok_or("no Gradle: it was there a moment ago")?);
    gradle.current_dir(&project).arg("--no-daemon");
    for (name, value) in [("generated", &generated), ("jniLibs", &libraries), ("repository", &repository)] {
        gradle.arg(format!("-Psatchel.{name}={}", value.display()));
    }
    if !Run::new(gradle.arg("publish")).shown()? {
        return Ok(Outcome::Failed);
    }
    let version = env!("CARGO_PKG_VERSION");
    println!("\nFor an app, in settings.gradle.kts:");
    println!("    dependencyResolutionManagement {{ repositories {{ maven(\"{}\") }} }}", repository.display());
    println!("and in build.gradle.kts:");
    println!("    dependencies {{ implementation(\"org.satchel:satchel-android:{version}\") }}");
    Ok(Outcome::Well)
}

fn missing(workspace: &Workspace) -> Vec<String> {
    let mut missing = Vec::new();
    let mut need = |there: bool, what: &str| {
        if !there {
            missing.push(what.to_owned());
        }
    };
    need(on_path(&["cargo-ndk"]).is_some(), "cargo-ndk");
    need(ndk().is_some(), "Android's NDK, r28 or newer (ANDROID_NDK_HOME)");
    need(sdk().is_some(), "Android's SDK (ANDROID_HOME)");
    need(gradle(workspace).is_some(), "Gradle");
    need(
        workspace.root.join(PROJECT).join("build.gradle.kts").is_file(),
        "the Gradle project bindings/kotlin/android (it is not in this version)",
    );
    let targets: Vec<&str> = PROCESSORS.iter().map(|(rust, _)| *rust).collect();
    missing.extend(targets_missing(&targets).into_iter().map(|target| format!("Rust's target {target}")));
    missing
}

fn folder_in(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_dir())
}

fn sdk() -> Option<PathBuf> {
    folder_in("ANDROID_HOME").or_else(|| folder_in("ANDROID_SDK_ROOT"))
}

fn ndk() -> Option<PathBuf> {
    let beside = || sdk().map(|sdk| sdk.join("ndk")).filter(|folder| folder.is_dir());
    folder_in("ANDROID_NDK_HOME").or_else(|| folder_in("ANDROID_NDK_ROOT")).or_else(beside)
}

fn gradle(workspace: &Workspace) -> Option<PathBuf> {
    // The demo's wrapper builds whatever folder it is called in.
    let wrapper = workspace.root.join("android-demo").join(if cfg!(windows) { "gradlew.bat" } else { "gradlew" });
    Some(wrapper).filter(|file| file.is_file()).or_else(|| on_path(&["gradle"]))
}
