//! Chromium or Chrome, as the system has it.

use std::path::{Path, PathBuf};

use super::Places;
use crate::process::{on_path, set};

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Where installers put it on systems that have no such thing as a path for it.
const ELSEWHERE: [&str; 3] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
];

pub(super) fn find() -> Result<Places, String> {
    if set("SATCHEL_CHROMIUM") {
        return Ok(Places::new()); // tests inherit it
    }
    let installed = || ELSEWHERE.iter().map(Path::new).find(|file| file.is_file()).map(PathBuf::from);
    let browser = on_path(&NAMES).or_else(installed);
    let browser = browser.ok_or("no Chromium or Chrome on this machine: install one, or set SATCHEL_CHROMIUM to it")?;
    Ok(vec![("SATCHEL_CHROMIUM", browser.into())])
}
