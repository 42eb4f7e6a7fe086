//! EXIF and QuickTime, by nom-exif.

use std::io::{Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};

use nom_exif::{
    EntryValue, Exif, ExifDateTime, ExifTag, GPSInfo, MediaKind, MediaParser, MediaSource, TrackInfo, TrackInfoTag,
};

use super::Metadata;

/// Of a file that the parser finds its way through.
pub(super) fn of_file(source: &mut (impl Read + Seek), found: &mut Metadata) {
    guarded(found, || {
        source.seek(SeekFrom::Start(0)).ok()?;
        let media = MediaSource::seekable(source).ok()?;
        let mut parser = MediaParser::new();
        Some(match media.kind() {
            MediaKind::Image => Parsed::Picture(Box::new(parser.parse_exif(media).ok()?.into())),
            MediaKind::Track => Parsed::Film(Box::new(parser.parse_track(media).ok()?)),
        })
    });
}

/// Of EXIF by itself.
pub(super) fn of_tiff(tiff: Vec<u8>, found: &mut Metadata) {
    guarded(found, || {
        let media = MediaSource::from_memory(tiff).ok()?;
        Some(Parsed::Picture(Box::new(MediaParser::new().parse_exif(media).ok()?.into())))
    });
}

/// The parser is fuzzed, but a file that it has not met must not take the outbox down.
fn guarded(found: &mut Metadata, parse: impl FnOnce() -> Option<Parsed>) {
    match catch_unwind(AssertUnwindSafe(parse)) {
        Ok(Some(Parsed::Picture(exif))) => picture(&exif, found),
        Ok(Some(Parsed::Film(track))) => film(&track, found),
        Ok(None) | Err(_) => {}
    }
}

enum Parsed {
    Picture(Box<Exif>),
    Film(Box<TrackInfo>),
}

fn picture(exif: &Exif, found: &mut Metadata) {
    let time = |tag| exif.get(tag).and_then(EntryValue::as_datetime).and_then(|time| told(time, false));
    found.taken = [ExifTag::DateTimeOriginal, ExifTag::CreateDate, ExifTag::ModifyDate].into_iter().find_map(time);
    found.place = exif.gps_info().and_then(place);
    let number = |tag| exif.get(tag).and_then(EntryValue::try_as_integer);
    found.orientation =
        number(ExifTag::Orientation).and_then(|value| u8::try_from(value).ok()).filter(|value| (1..=8).contains(value));
    let text = |tag| exif.get(tag).and_then(EntryValue::as_str);
    found.camera = camera(text(ExifTag::Make), text(ExifTag::Model));
    let side = |tags: [ExifTag; 2]| {
        let sides = tags.into_iter().filter_map(number);
        sides.filter_map(|side| u32::try_from(side).ok()).find(|side| *side > 0)
    };
    found.width = side([ExifTag::ExifImageWidth, ExifTag::ImageWidth]);
    found.height = side([ExifTag::ExifImageHeight, ExifTag::ImageHeight]);
}

fn film(track: &TrackInfo, found: &mut Metadata) {
    let time = track.get(TrackInfoTag::CreateDate).and_then(EntryValue::as_datetime);
    found.taken = time.and_then(|time| told(time, true));
    found.place = track.gps_info().and_then(place);
    let text = |tag| track.get(tag).and_then(EntryValue::as_str);
    found.camera = camera(text(TrackInfoTag::Make), text(TrackInfoTag::Model));
    let side = |tag| track.get(tag).and_then(EntryValue::try_as_integer).and_then(|side| u32::try_from(side).ok());
    found.width = side(TrackInfoTag::Width).filter(|side| *side > 0);
    found.height = side(TrackInfoTag::Height).filter(|side| *side > 0);
}

/// A time in RFC 3339. Films count from 1904 in UTC, and those that do not know say 0.
fn told(time: ExifDateTime, film: bool) -> Option<String> {
    let text = match time {
        ExifDateTime::Naive(local) => local.format("%Y-%m-%dT%H:%M:%S").to_string(),
        ExifDateTime::Aware(time) => {
            let text = time.format("%Y-%m-%dT%H:%M:%S%:z").to_string();
            match text.strip_suffix("+00:00") {
                Some(instant) if film => format!("{instant}Z"),
                _ => text,
            }
        }
    };
    let year: u32 = text.split('-').next()?.parse().ok()?;
    // RFC 3339 has years of four digits, and nobody filmed a phone's film before 1971.
    ((if film { 1971 } else { 1 })..=9999).contains(&year).then_some(text)
}

/// A place on earth; 0, 0 is what cameras without a fix write.
fn place(gps: &GPSInfo) -> Option<(f64, f64)> {
    let (latitude, longitude) = (gps.latitude_decimal()?, gps.longitude_decimal()?);
    let fits = latitude.abs() <= 90.0 && longitude.abs() <= 180.0 && (latitude, longitude) != (0.0, 0.0);
    fits.then_some((latitude, longitude))
}

/// "Apple iPhone 6"; makers that are in the model's name already are not repeated.
fn camera(make: Option<&str>, model: Option<&str>) -> Option<String> {
    let clean = |text: Option<&str>| {
        let text: String = text.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(100).collect();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let (make, model) = (clean(make), clean(model));
    let first = make.split(' ').next().unwrap_or_default().to_lowercase();
    let whole = match (make.is_empty(), model.is_empty()) {
        (true, _) => model,
        (_, true) => make,
        _ if model.to_lowercase().starts_with(&first) => model,
        _ => format!("{make} {model}"),
    };
    (!whole.is_empty()).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::camera;

    #[test]
    fn cameras_are_named_once() {
        let named = |make, model| camera(Some(make), Some(model));
        assert_eq!(named("Apple", "iPhone 6").as_deref(), Some("Apple iPhone 6"));
        assert_eq!(named("Canon", "Canon EOS 5D").as_deref(), Some("Canon EOS 5D"));
        assert_eq!(named("NIKON CORPORATION", "NIKON D60").as_deref(), Some("NIKON D60"));
        assert_eq!(named("HTC      ", "  One\0 ").as_deref(), Some("HTC One"));
        assert_eq!(named(" ", "\0"), None);
        assert_eq!(camera(None, Some("D60")).as_deref(), Some("D60"));
    }
}
