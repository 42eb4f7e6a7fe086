//! What each fuzz target does with its input, as plain functions: the targets call them, and so does a short test.

use std::cell::Cell;
use std::io::Cursor;

use satchel::previews::{Form, make};
use satchel::{metadata, redact};

/// Larger pictures only take longer: what they lead to, the small ones lead to as well.
const PIXELS: u64 = 300_000;
/// How often a decoder may ask whether to stop before it is told to.
const PATIENCE: u32 = 3000;

/// Whatever is said is within what is promised.
pub(crate) fn metadata(data: &[u8]) {
    let said = metadata::read(&mut Cursor::new(data));
    assert!(said.orientation.is_none_or(|value| (1..=8).contains(&value)), "{said:?}");
    assert!(said.rating.is_none_or(|value| (1..=5).contains(&value)), "{said:?}");
    assert!(said.place.is_none_or(|(north, east)| north.abs() <= 90.0 && east.abs() <= 180.0), "{said:?}");
    assert!(said.caption.is_none_or(|text| (1..=5000).contains(&text.chars().count())));
    assert!(said.tags.len() <= 200 && said.tags.iter().all(|tag| (1..=200).contains(&tag.chars().count())));
    assert!(said.camera.is_none_or(|text| !text.chars().any(char::is_control)));
    // RFC 3339: seconds at least, and an offset or none.
    assert!(said.taken.is_none_or(|text| matches!(text.len(), 19 | 20 | 25) && text.as_bytes()[10] == b'T'));
}

/// A rendition is small and whole, or there is none.
pub(crate) fn preview(data: &[u8]) {
    let said = metadata::read(&mut Cursor::new(data));
    let pixels = u64::from(said.width.unwrap_or(0)) * u64::from(said.height.unwrap_or(0));
    if pixels > PIXELS {
        return;
    }
    for form in [Form::Preview, Form::Press] {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            asked.get() > PATIENCE
        };
        let Ok(made) = make(&mut Cursor::new(data), form, &stop) else { return };
        assert!(made.jpeg.starts_with(&[0xFF, 0xD8]) && made.jpeg.ends_with(&[0xFF, 0xD9]));
        assert!(made.jpeg.len() <= form.bytes() && made.width.max(made.height) <= form.longest());
        let shown = metadata::read(&mut Cursor::new(&made.jpeg));
        assert_eq!((shown.width, shown.height), (Some(made.width), Some(made.height)));
    }
}

/// What is let through says nothing any more, and is the same when it is stripped again.
pub(crate) fn redact(data: &[u8]) {
    let mut out = Vec::new();
    let Ok(done) = redact::strip(&mut Cursor::new(data), &mut out) else { return };
    assert_eq!(done.bytes, out.len() as u64);
    let said = metadata::read(&mut Cursor::new(&out));
    assert_eq!((said.taken, said.place, said.camera), (None, None, None));
    assert_eq!((said.caption, said.tags, said.rating), (None, Vec::new(), None));
    let mut again = Vec::new();
    let second = redact::strip(&mut Cursor::new(&out), &mut again).expect("what was stripped can be read");
    assert!(again == out && (second.removed, second.orientation) == (0, done.orientation), "{done:?} {second:?}");
}
