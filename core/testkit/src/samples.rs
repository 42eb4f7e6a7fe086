//! A day's photos and videos, made on the spot: for the demo, and for tests that need files which are what
//! they say they are.
//!
//! The pictures are drawn (skies, hills, water, towns), with a camera's EXIF and noise; the videos are
//! Motion-JPEG in QuickTime. Everything comes from the seed: the same seed, the same bytes.

mod day;
mod exif;
mod movie;
mod picture;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, SystemTime};

use crate::chance::Chance;
use day::{Shot, TAKEN};

/// How much to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleSet {
    /// Twelve photos of 1600 x 1200, a short video, a video of 20 MB.
    Full,
    /// The same in small: photos of 640 x 480, and 3 MB for the large video.
    Small,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A JPEG with EXIF.
    Photo,
    /// The same bytes as that other file.
    Twin {
        /// The file that was there before.
        of: PathBuf,
    },
    /// A short video.
    Video,
    /// A video that takes its time to send.
    Large,
    /// Neither photo nor video: adding the folder skips it.
    Other,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub kind: Kind,
    /// Its size, in bytes.
    pub bytes: u64,
    /// BLAKE3 of its content, 64 hexadecimal digits.
    pub hash: String,
    /// When it was taken, in local time as EXIF writes it, such as `2026:10:17 05:41:12`; the zone is `+09:00`.
    pub taken: Option<String>,
    /// Where it was taken.
    pub place: Option<&'static str>,
}

/// The samples could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// A file could not be written.
    #[error("cannot write the sample {path}: {source}; give a folder that can be written to, with 40 MB free")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A picture could not be encoded.
    #[error("cannot encode a sample picture: {0}")]
    Encode(#[from] jpeg_encoder::EncodingError),
}

/// Makes the set in a folder, which is created if it is not there. Files of the same names are replaced. Their
/// modification times are those of the taking.
///
/// # Errors
/// [`SampleError`], where a file cannot be written.
pub fn make(dir: &Path, seed: u64, set: SampleSet) -> Result<Vec<Made>, SampleError> {
    let work = day::jobs(seed, set);
    fs::create_dir_all(dir).map_err(|source| SampleError::Write { path: dir.to_owned(), source })?;
    let todo = Mutex::new(work.iter().enumerate());
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(8);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = todo.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((index, job)) = next else { break };
                    let made = job.encode().and_then(|bytes| write(dir, &job.name, &bytes, job.shot(), job.kind()));
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((index, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(index, _)| *index);
    let mut made = done.into_iter().map(|(_, made)| made).collect::<Result<Vec<_>, _>>()?;
    twins(dir, seed, &mut made)?;
    others(dir, &mut made)?;
    Ok(made)
}

/// Writes one small picture, of nothing in particular: a JPEG of 640 by 480 pixels that decodes. Returns its bytes.
///
/// # Errors
/// [`SampleError`], where the file cannot be written.
pub fn picture(path: &Path, seed: u64) -> Result<Vec<u8>, SampleError> {
    let (width, height) = (640u16, 480u16);
    let mut rgb = vec![0; usize::from(width) * usize::from(height) * 3];
    Chance::new(seed).fill(&mut rgb);
    let row = usize::from(width) * 3;
    rgb.iter_mut().enumerate().for_each(|(n, value)| *value = *value / 8 + (n / row * 200 / usize::from(height)) as u8);
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 85);
    encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb)?;
    fs::write(path, &bytes).map_err(|source| SampleError::Write { path: path.to_owned(), source })?;
    Ok(bytes)
}

/// What happens to photos: a second download, a copy by a messenger.
fn twins(dir: &Path, seed: u64, made: &mut Vec<Made>) -> Result<(), SampleError> {
    let mut chance = Chance::new(seed).fork();
    let photos = made.iter().filter(|made| made.kind == Kind::Photo).count() as u64;
    let first = chance.below(photos) as usize;
    let second = (first + 1 + chance.below(photos - 2) as usize) % photos as usize;
    for (index, name) in [(first, "copy"), (second, "copy"), (second, "from the messenger")] {
        let original = made[index].clone();
        let stem = original.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let path = dir.join(format!("{stem} ({name}).JPG"));
        let write = |source| SampleError::Write { path: path.clone(), source };
        fs::copy(&original.path, &path).map_err(write)?;
        let when = fs::metadata(&original.path).and_then(|meta| meta.modified()).map_err(write)?;
        File::options().write(true).open(&path).and_then(|file| file.set_modified(when)).map_err(write)?;
        made.push(Made { path, kind: Kind::Twin { of: original.path.clone() }, ..original });
    }
    Ok(())
}

fn others(dir: &Path, made: &mut Vec<Made>) -> Result<(), SampleError> {
    const NOTES: &[u8] = b"Light on the lake best before eight. Ask at the ferry about the last boat.\n";
    for (name, bytes) in [("notes.txt", NOTES), (".nomedia", b"")] {
        made.push(write(dir, name, bytes, None, Kind::Other)?);
    }
    Ok(())
}

fn write(dir: &Path, name: &str, bytes: &[u8], shot: Option<&Shot>, kind: Kind) -> Result<Made, SampleError> {
    let path = dir.join(name);
    let seconds = shot.map_or(0, |shot| shot.seconds);
    let when = SystemTime::UNIX_EPOCH + Duration::from_secs(TAKEN + u64::from(seconds));
    let stored = fs::write(&path, bytes)
        .and_then(|()| File::options().write(true).open(&path))
        .and_then(|file| file.set_modified(when));
    stored.map_err(|source| SampleError::Write { path: path.clone(), source })?;
    let hash = blake3::hash(bytes).to_string();
    let taken = shot.map(Shot::local_time);
    Ok(Made { path, kind, bytes: bytes.len() as u64, hash, taken, place: shot.map(|shot| shot.place) })
}
