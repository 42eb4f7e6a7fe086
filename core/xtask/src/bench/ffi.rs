//! `cargo xtask bench ffi`: the same pages and calls in Rust, Kotlin and Swift, on one outbox, in one run.
//!
//! Each program is given the outbox's folder, and its last line of JSON says what it measured:
//! `{"language":"…","page_us":[…],"one_us":[…],"counts_us":[…],"callbacks_per_s":…,"longest_call_us":…}`, the last two only
//! where a boundary is crossed. The first program makes the outbox: a thousand photos that were read and wait for a target.

use std::fmt;
use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::bindings::{Built, For, kotlin, swift};
use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::parts::Swift;
use crate::process::Run;
use crate::workspace::Workspace;

/// The most calls a second that an observer may get.
const MOST_CALLBACKS: f64 = 10.0;

pub(super) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let cache = Cache::open()?;
    let built = Built::new(workspace, true, For::Bench)?;
    let folder = workspace.target.join("bindings/bench");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;

    let mut table = Table::default();
    println!("measuring in Rust");
    table.rows.push(measured(Command::new(&built.page).arg(&folder))?);
    match kotlin::needs() {
        Ok(jvm) => {
            let mut bench = kotlin::bench(workspace, &cache, &jvm, &built)?;
            println!("measuring in Kotlin");
            table.rows.push(measured(bench.arg(&folder))?);
        }
        Err(why) => table.missing.push(format!("kotlin: {why}")),
    }
    if !Swift::at_hand(&cache) {
        table.missing.push("swift: none on this machine; cargo xtask test --all sets it up on Debian".into());
    } else if let Some(mut bench) = swift::bench(workspace, &Swift::find(&cache)?, &built)? {
        println!("compiling and measuring in Swift");
        table.rows.push(measured(bench.arg(&folder))?);
    } else {
        table.missing.push("swift: no bench in the Swift package".into());
    }
    println!("\n{table}");
    Ok(Outcome::well_if(table.rows.iter().all(|row| row.callbacks.is_none_or(|calls| calls <= MOST_CALLBACKS))))
}

/// Runs a program; what its last line of JSON says. The other lines are shown.
fn measured(command: &mut Command) -> Result<Row, String> {
    let mut last = None;
    let well = Run::new(command).lines(|line| {
        if line.starts_with('{') && line.contains("\"language\":") {
            last = Some(line.to_owned());
        } else {
            println!("{line}");
        }
    })?;
    match last {
        Some(line) if well => Row::read(&line),
        _ => Err("the bench did not come to its end (see above)".into()),
    }
}

/// What one language measured. Times are in microseconds.
#[derive(Debug)]
struct Row {
    language: String,
    page: Spread,
    one: Spread,
    counts: Spread,
    callbacks: Option<f64>,
    longest: Option<f64>,
}

impl Row {
    fn read(line: &str) -> Result<Self, String> {
        let said: Value = serde_json::from_str(line).map_err(|e| format!("a bench said no JSON: {e}"))?;
        let language = said["language"].as_str().unwrap_or_default().to_owned();
        let spread = |name: &str| {
            let times = said[name].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
            Spread::of(times).ok_or_else(|| format!("the bench in {language} said no {name}"))
        };
        Ok(Self {
            page: spread("page_us")?,
            one: spread("one_us")?,
            counts: spread("counts_us")?,
            callbacks: said["callbacks_per_s"].as_f64(),
            // Where calls are asynchronous throughout, what counts is how long the main thread's loop stood still.
            longest: said["longest_call_us"].as_f64().or(said["longest_main_gap_us"].as_f64()),
            language,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    least: f64,
    median: f64,
    most: f64,
}

impl Spread {
    fn of(mut times: Vec<f64>) -> Option<Self> {
        times.sort_by(f64::total_cmp);
        Some(Self { least: *times.first()?, median: times[times.len() / 2], most: *times.last()? })
    }
}

#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    missing: Vec<String>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "          page of 1,000 in ms, and as a          one asset   counts   callbacks   longest call")?;
        writeln!(f, "          multiple of Rust's median                  µs       µs    a second             µs")?;
        let first = self.rows.first().map_or(f64::NAN, |row| row.page.median);
        for row in &self.rows {
            let Spread { least, median, most } = row.page;
            let page = [least, median, most].map(|time| format!("{:.2}", time / 1000.0)).join(" / ");
            let or_none =
                |figure: Option<f64>, places: usize| figure.map_or("-".into(), |figure| format!("{figure:.places$}"));
            writeln!(
                f,
                "{:8}  {page:>22} {:>7.2} x {:>15.0} {:>8.0} {:>11} {:>14}",
                row.language,
                median / first,
                row.one.median,
                row.counts.median,
                or_none(row.callbacks, 1),
                or_none(row.longest, 0),
            )?;
        }
        for why in &self.missing {
            writeln!(f, "{why}")?;
        }
        write!(
            f,
            "page: least / median / most; asset and counts: median. Callbacks (at most {MOST_CALLBACKS}) and the longest call that \
             kept its\nthread: while photos are added and a run goes on. Other load on the machine shows in what is longest."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_what_a_program_says() {
        let said = r#"{"language":"kotlin","page_us":[3000,1000,2000],"one_us":[5],"counts_us":[7,7.5],"longest_call_us":90,"callbacks_per_s":9.5}"#;
        let row = Row::read(said).unwrap();
        assert_eq!(row.page, Spread { least: 1000.0, median: 2000.0, most: 3000.0 });
        assert_eq!((row.callbacks, row.longest), (Some(9.5), Some(90.0)));
        let gap = said.replace("longest_call_us", "longest_main_gap_us");
        assert_eq!(Row::read(&gap).unwrap().longest, Some(90.0));
        let table = Table { rows: vec![row], missing: vec!["swift: none".into()] }.to_string();
        assert!(
            table.contains("1.00 / 2.00 / 3.00") && table.contains("1.00 x") && table.contains("swift: none"),
            "{table}"
        );
        assert!(Row::read(r#"{"language":"swift","page_us":[]}"#).unwrap_err().contains("page_us"));
    }
}
