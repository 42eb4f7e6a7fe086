//! What only a host can do, as the runner for Rust does it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use satchel_ffi::{Credentials, MediaLibrary, OpenedItem, PreviewRequest, Previewer, SatchelError};

/// A store for tokens, in a file of the scenario's folder.
pub(crate) struct Vault {
    file: PathBuf,
    one_at_a_time: Mutex<()>,
}

/// Under this name the file has what `refresh` gives.
const FRESH: &str = "fresh";

impl Vault {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self { file, one_at_a_time: Mutex::default() }
    }

    /// From now on the token that there is for a target is what `refresh` gives.
    pub(crate) fn set_aside(&self, target: &str) -> Result<(), SatchelError> {
        self.change(|all| {
            if let Some(token) = all.remove(target) {
                all.insert(FRESH.into(), token);
            }
        })
    }

    fn all(&self) -> BTreeMap<String, String> {
        fs::read(&self.file).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<String, String>) -> T) -> Result<T, SatchelError> {
        let _only = lock(&self.one_at_a_time);
        let mut all = self.all();
        let came = change(&mut all);
        let failed = |e: &dyn std::fmt::Display| SatchelError::Host { words: e.to_string() };
        let json = serde_json::to_vec(&all).map_err(|e| failed(&e))?;
        fs::write(&self.file, json).map_err(|e| failed(&e))?;
        Ok(came)
    }
}

impl Credentials for Vault {
    fn load(&self, target: String) -> Result<Option<String>, SatchelError> {
        Ok(self.all().remove(&target))
    }

    fn store(&self, target: String, token: String) -> Result<(), SatchelError> {
        self.change(|all| drop(all.insert(target, token)))
    }

    fn refresh(&self, target: String, _refused: Option<String>) -> Result<Option<String>, SatchelError> {
        self.change(|all| {
            let fresh = all.remove(FRESH)?;
            all.insert(target, fresh.clone());
            Some(fresh)
        })
    }
}

/// A media library that has the scenario's photos, by their names.
pub(crate) struct Album {
    folder: PathBuf,
    answers: Mutex<String>,
}

impl Album {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, answers: Mutex::new("open".into()) }
    }

    /// How it answers from now on.
    pub(crate) fn answer(&self, how: &str) {
        *lock(&self.answers) = how.to_owned();
    }
}

impl MediaLibrary for Album {
    fn open_item(&self, id: String) -> Result<OpenedItem, SatchelError> {
        let how = lock(&self.answers).clone();
        match how.as_str() {
            "away" => return Ok(OpenedItem::Away),
            "in_cloud" => return Ok(OpenedItem::InCloud),
            "fails" => return Err(SatchelError::Host { words: "the library was asked to fail".into() }),
            _ => {}
        }
        Ok(match File::open(self.folder.join(id)) {
            Ok(file) => handed_over(file),
            Err(_) => OpenedItem::Gone,
        })
    }
}

#[cfg(unix)]
fn handed_over(file: File) -> OpenedItem {
    use std::os::fd::IntoRawFd as _;
    OpenedItem::Descriptor { fd: file.into_raw_fd(), read_mode: 0, modified_utc_ms: None }
}

#[cfg(not(unix))]
fn handed_over(_: File) -> OpenedItem {
    OpenedItem::Away
}

/// A previewer that draws one of the scenario's photos, and films another, whatever it is asked.
pub(crate) struct Artist {
    folder: PathBuf,
    draws: Mutex<Option<String>>,
    films: Mutex<Option<String>>,
}

impl Artist {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, draws: Mutex::default(), films: Mutex::default() }
    }

    /// What it draws and films from now on; it fails when that is nothing.
    pub(crate) fn draw(&self, photo: Option<&str>, film: Option<&str>) {
        *lock(&self.draws) = photo.map(str::to_owned);
        *lock(&self.films) = film.map(str::to_owned);
    }

    fn copy(&self, what: &Mutex<Option<String>>, request: PreviewRequest) -> Result<bool, SatchelError> {
        let failed = |words: String| SatchelError::Host { words };
        let photo = lock(what).clone().ok_or_else(|| failed("the previewer was asked to fail".into()))?;
        fs::copy(self.folder.join(photo), request.to).map_err(|e| failed(e.to_string()))?;
        Ok(true)
    }
}

impl Previewer for Artist {
    fn picture(&self, request: PreviewRequest) -> Result<bool, SatchelError> {
        self.copy(&self.draws, request)
    }

    fn film(&self, request: PreviewRequest) -> Result<bool, SatchelError> {
        self.copy(&self.films, request)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
