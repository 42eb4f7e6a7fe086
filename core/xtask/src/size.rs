//! `cargo xtask size`: what the library weighs in an app, and which crates weigh it.
//!
//! Built in the `phone` profile with its symbols, so that each function's bytes can be put down to the crate that it came
//! from; the stripped size is what the file has without them. With whole-program optimisation a function that was inlined
//! counts where it went. Constants have no crate's name: they stand as read-only data.

use std::collections::BTreeMap;
use std::path::PathBuf;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};

use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// What an app's engineers were promised, in bytes, on x86-64.
const GOAL: u64 = 6_000_000;
/// Crates that weigh less are one line together, in bytes.
const SMALL: u64 = 40_000;

/// What the routine is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For this target, such as aarch64-linux-android; this machine's when left out.
    #[arg(long)]
    target: Option<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    println!("building the library in the phone profile; whole-program optimisation takes some minutes");
    let folder = workspace.root.join("target/size");
    let mut build = cargo();
    build.current_dir(&workspace.root).args(["build", "--profile", "phone", "--package", "satchel-ffi", "--lib"]);
    build.args(["--config", "profile.phone.strip=false", "--config", "profile.phone.debug=false"]);
    build.arg("--target-dir").arg(&folder);
    if let Some(target) = &arguments.target {
        build.args(["--target", target]);
    }
    if !Run::new(&mut build).shown()? {
        return Ok(Outcome::Failed);
    }
    let below = arguments.target.as_ref().map_or_else(|| folder.clone(), |target| folder.join(target));
    let library = library(&below.join("phone"))?;
    let bytes = std::fs::read(&library).map_err(|e| format!("{}: {e}", library.display()))?;
    let weight = weigh(&bytes)?;
    println!("\n{:<34} {:>10} {:>7}", "code of", "bytes", "share");
    let code: u64 = weight.crates.values().sum();
    let mut heavy: Vec<_> = weight.crates.iter().filter(|(_, bytes)| **bytes >= SMALL).collect();
    heavy.sort_by_key(|(_, bytes)| std::cmp::Reverse(**bytes));
    let rest = code - heavy.iter().map(|(_, bytes)| **bytes).sum::<u64>();
    let line = |name: &str, bytes: u64| {
        let tenths = bytes * 1000 / weight.stripped.max(1);
        println!("{name:<34} {bytes:>10} {:>5}.{} %", tenths / 10, tenths % 10);
    };
    heavy.iter().for_each(|(name, bytes)| line(name, **bytes));
    line("all others", rest);
    line("code without a name", weight.code.saturating_sub(code));
    line("read-only data", weight.read_only);
    line("unwinding tables", weight.unwinding);
    line("relocations (on Android a tenth)", weight.relocations);
    let named = weight.code + weight.read_only + weight.unwinding + weight.relocations;
    line("the rest", weight.stripped.saturating_sub(named));
    println!("{:<34} {:>10}", "stripped", weight.stripped);
    println!("the goal on x86-64 is {GOAL} bytes; Satchel has no features of its own to leave out");
    Ok(Outcome::Well)
}

fn library(folder: &std::path::Path) -> Result<PathBuf, String> {
    let names = ["libsatchel_ffi.so", "libsatchel_ffi.dylib", "satchel_ffi.dll"];
    let found = names.map(|name| folder.join(name)).into_iter().find(|file| file.is_file());
    found.ok_or_else(|| format!("no library in {}: this target makes none", folder.display()))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Weight {
    /// Code, by the crate that it came from.
    crates: BTreeMap<String, u64>,
    code: u64,
    read_only: u64,
    unwinding: u64,
    relocations: u64,
    /// What is left in the file without symbols and what is for debuggers.
    stripped: u64,
}

fn weigh(bytes: &[u8]) -> Result<Weight, String> {
    let file = object::File::parse(bytes).map_err(|e| format!("the library cannot be read: {e}"))?;
    let mut weight = Weight { stripped: bytes.len() as u64, ..Weight::default() };
    for section in file.sections() {
        let name = section.name().unwrap_or_default();
        let in_file = section.file_range().map_or(0, |(_, size)| size);
        match section.kind() {
            _ if name.starts_with(".debug") || [".symtab", ".strtab"].contains(&name) => weight.stripped -= in_file,
            _ if name.starts_with(".rela") => weight.relocations += in_file,
            SectionKind::Text => weight.code += in_file,
            _ if [".eh_frame", ".eh_frame_hdr", ".gcc_except_table"].contains(&name) => weight.unwinding += in_file,
            SectionKind::ReadOnlyData | SectionKind::ReadOnlyString | SectionKind::ReadOnlyDataWithRel => {
                weight.read_only += in_file;
            }
            _ => {}
        }
    }
    for symbol in file.symbols().filter(|symbol| symbol.kind() == object::SymbolKind::Text) {
        let name = symbol.name().unwrap_or_default();
        *weight.crates.entry(crate_of(name)).or_default() += symbol.size();
    }
    Ok(weight)
}

/// The crate that a function came from, by its name.
fn crate_of(symbol: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    if name == symbol {
        let c = [
            ("sqlite3", "SQLite (C)"),
            ("aws_lc", "AWS-LC (C)"),
            ("uniffi_", "satchel_ffi, entry points"),
            ("ffi_satchel", "satchel_ffi, entry points"),
            ("blake3", "blake3"),
        ];
        let known = c.iter().find(|(part, _)| symbol.contains(part));
        return known.map_or("C without a known name", |(_, whose)| whose).to_owned();
    }
    // `<T as Trait>::f` is put down to T; a reference or a pointer to what it points to.
    let path =
        name.trim_start_matches(['<', '&', '*', '[', '(']).trim_start_matches("mut ").trim_start_matches("const ");
    let first: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    match first.as_str() {
        "dyn" | "" | "impl" => "core and std".to_owned(),
        "core" | "alloc" | "std" => "core and std".to_owned(),
        _ => first,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_put_down_to_its_crate() {
        for (symbol, expected) in [
            ("_ZN5tokio7runtime4task3raw4poll17h0123456789abcdefE", "tokio"),
            (
                "_ZN63_$LT$alloc..vec..Vec$LT$T$GT$$u20$as$u20$core..clone..Clone$GT$5clone17h0123456789abcdefE",
                "core and std",
            ),
            ("sqlite3VdbeExec", "SQLite (C)"),
            ("aws_lc_0_42_0_SHA256", "AWS-LC (C)"),
            ("_init", "C without a known name"),
        ] {
            assert_eq!(crate_of(symbol), expected, "{symbol}");
        }
    }

    #[test]
    fn what_is_no_library_is_said_to_be_none() {
        assert!(weigh(b"rubbish").unwrap_err().contains("cannot be read"));
    }
}
