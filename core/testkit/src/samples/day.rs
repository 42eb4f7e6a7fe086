//! The day that the samples tell: from the first light at the airport, round the mountain, to the town at night.

use super::exif;
use super::movie::Movie;
use super::picture::{Canvas, Land, Palette, Scene};
use super::{Kind, SampleError, SampleSet};
use crate::chance::Chance;

/// The day's midnight, in seconds since 1970: 17 October 2026 at +09:00.
pub(super) const TAKEN: u64 = 1_792_162_800;

/// What the camera noted.
#[derive(Debug, Clone)]
pub(super) struct Shot {
    pub(super) place: &'static str,
    /// Latitude and longitude, in degrees.
    pub(super) position: (f64, f64),
    /// Above the sea, in metres.
    pub(super) altitude: u16,
    /// Since local midnight.
    pub(super) seconds: u32,
    pub(super) make: &'static str,
    pub(super) model: &'static str,
    /// As EXIF has it: 1 as it stands, 6 turned to the right.
    pub(super) orientation: u16,
    /// One over the exposure's seconds.
    pub(super) speed: u32,
    pub(super) iso: u16,
}

impl Shot {
    fn clock(&self) -> (u32, u32, u32) {
        (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60)
    }

    /// As EXIF writes it.
    pub(super) fn local_time(&self) -> String {
        let (hour, minute, second) = self.clock();
        format!("2026:10:17 {hour:02}:{minute:02}:{second:02}")
    }

    /// As QuickTime's metadata has it, with the zone.
    pub(super) fn iso_time(&self) -> String {
        let (hour, minute, second) = self.clock();
        format!("2026-10-17T{hour:02}:{minute:02}:{second:02}+0900")
    }
}

/// Place, latitude, longitude, altitude, hour, what is seen, in which light.
type Stop = (&'static str, f64, f64, u16, f64, Land, Palette);

const STOPS: [Stop; 12] = [
    ("Haneda", 35.5494, 139.7798, 6, 5.6, Land::Water, Palette::DAWN),
    ("Enoshima", 35.2997, 139.4803, 12, 7.1, Land::Sea, Palette::MORNING),
    ("Kamakura", 35.3167, 139.5358, 25, 8.4, Land::Hills, Palette::MORNING),
    ("Odawara", 35.2508, 139.1539, 30, 9.6, Land::Town, Palette::NOON),
    ("Lake Ashi", 35.2044, 139.0247, 724, 11.0, Land::Water, Palette::NOON),
    ("Owakudani", 35.2442, 139.0197, 1044, 12.2, Land::Hills, Palette::MIST),
    ("Gotemba", 35.3080, 138.9340, 450, 13.5, Land::Mountain, Palette::NOON),
    ("Lake Kawaguchi", 35.5171, 138.7517, 833, 15.2, Land::Lake, Palette::GOLD),
    ("Fujiyoshida", 35.5013, 138.8013, 850, 16.1, Land::Mountain, Palette::GOLD),
    ("Yokohama", 35.4560, 139.6317, 5, 17.2, Land::Harbour, Palette::DUSK),
    ("Shibuya", 35.6595, 139.7005, 35, 18.8, Land::Town, Palette::NIGHT),
    ("Odaiba", 35.6270, 139.7768, 4, 20.3, Land::Harbour, Palette::NIGHT),
];

/// A file to make.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) name: String,
    shot: Shot,
    scene: Scene,
    form: Form,
}

#[derive(Debug, Clone, Copy)]
enum Form {
    Photo {
        width: usize,
        height: usize,
    },
    /// Frames of which the first so many are drawn, shown to and fro until the file has the size in bytes.
    Video {
        width: usize,
        height: usize,
        drawn: usize,
        shown: usize,
        at_least: usize,
        kind: fn() -> Kind,
    },
}

/// Everything that is drawn for a set. The longest comes first, so that no thread is left alone with it.
pub(super) fn jobs(seed: u64, set: SampleSet) -> Vec<Job> {
    let mut chance = Chance::new(seed);
    let full = set == SampleSet::Full;
    let (width, height) = if full { (1600, 1200) } else { (640, 480) };
    let mut jobs = Vec::new();
    for (index, stop) in STOPS.iter().enumerate() {
        let portrait = index % 5 == 2;
        let form = if portrait { Form::Photo { width: height, height: width } } else { Form::Photo { width, height } };
        jobs.push(job(&mut chance, stop, format!("IMG_{}.JPG", 2041 + index), portrait, form));
    }
    let (width, height) = if full { (640, 480) } else { (320, 240) };
    let kind = || Kind::Video;
    let short = Form::Video { width, height, drawn: 18, shown: 36, at_least: 0, kind };
    jobs.push(job(&mut chance, &STOPS[4], "IMG_2053.MOV".to_owned(), false, short));
    let (width, height, at_least) = if full { (1280, 720, 20_000_000) } else { (480, 270, 3_000_000) };
    let kind = || Kind::Large;
    let large = Form::Video { width, height, drawn: 12, shown: 36, at_least, kind };
    jobs.push(job(&mut chance, &STOPS[9], "IMG_2054.MOV".to_owned(), false, large));
    jobs
}

fn job(chance: &mut Chance, stop: &Stop, name: String, portrait: bool, form: Form) -> Job {
    let (place, latitude, longitude, altitude, hour, land, palette) = *stop;
    let phone = chance.below(3) == 0;
    // Not all at the full hour, and not all from the same spot.
    let mut near = |value: f64| value + chance.between(-0.002, 0.002);
    let position = (near(latitude), near(longitude));
    let seconds = (hour * 3600.0 + chance.between(-900.0, 900.0)) as u32;
    let dark = palette.is_dark();
    let shot = Shot {
        place,
        position,
        altitude,
        seconds,
        make: if phone { "Fairphone" } else { "FUJIFILM" },
        model: if phone { "Fairphone 5" } else { "X-T5" },
        orientation: if portrait { 6 } else { 1 },
        speed: if dark { 60 } else { 500 },
        iso: if dark { 1600 } else { 160 },
    };
    Job { name, shot, scene: Scene { land, palette, seed: chance.bits() }, form }
}

impl Job {
    pub(super) fn shot(&self) -> Option<&Shot> {
        Some(&self.shot)
    }

    pub(super) fn kind(&self) -> Kind {
        match self.form {
            Form::Photo { .. } => Kind::Photo,
            Form::Video { kind, .. } => kind(),
        }
    }

    /// Draws and encodes: the file's bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>, SampleError> {
        match self.form {
            Form::Photo { width, height } => {
                let mut canvas = self.scene.draw(width, height);
                if self.shot.orientation == 6 {
                    canvas = canvas.lie_on_its_left();
                }
                let exif = exif::tiff(&self.shot, canvas.width as u32, canvas.height as u32);
                Ok(canvas.jpeg(88, Some(&exif))?)
            }
            Form::Video { width, height, drawn, shown, at_least, .. } => {
                self.video(width, height, drawn, shown, at_least)
            }
        }
    }

    /// The camera turns slowly over a wide view, to and fro.
    fn video(
        &self,
        width: usize,
        height: usize,
        drawn: usize,
        shown: usize,
        at_least: usize,
    ) -> Result<Vec<u8>, SampleError> {
        let step = width / 40;
        let mut wide = self.scene.draw(width + step * drawn, height);
        let mut chance = Chance::new(self.scene.seed);
        let quality = if at_least > 0 { 93 } else { 85 };
        let mut frames = Vec::with_capacity(drawn);
        for index in 0..drawn {
            wide.grain(&mut chance, 3);
            frames.push(wide.window(index * step, width).jpeg(quality, None)?);
        }
        let mut order: Vec<&[u8]> = Vec::new();
        let mut bytes = 0;
        let to_and_fro = (0..drawn).chain((0..drawn).rev()).cycle();
        for index in to_and_fro {
            if order.len() >= shown && bytes >= at_least {
                break;
            }
            bytes += frames[index].len();
            order.push(&frames[index]);
        }
        let (width, height) = (width as u16, height as u16);
        Ok(Movie { shot: &self.shot, width, height, frames_per_second: 15, frames: order }.encode())
    }
}

/// Kept here, where the sizes are chosen: a picture's own pixels.
impl Canvas {
    /// The JPEG file, with a camera's EXIF where there is one.
    fn jpeg(&self, quality: u8, exif: Option<&[u8]>) -> Result<Vec<u8>, jpeg_encoder::EncodingError> {
        let mut file = Vec::with_capacity(self.rgb.len() / 6);
        let mut encoder = jpeg_encoder::Encoder::new(&mut file, quality);
        // As cameras do; the encoder's own choice changes with the quality.
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
        if let Some(exif) = exif {
            encoder.add_exif_metadata(exif)?;
        }
        encoder.encode(&self.rgb, self.width as u16, self.height as u16, jpeg_encoder::ColorType::Rgb)?;
        Ok(file)
    }
}
