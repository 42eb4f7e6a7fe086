//! Files that claim much, or are damaged: each is refused or rendered within the bound.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use satchel::previews::{Form, MEMORY, PreviewFault, make};
use satchel::{metadata, redact};

use crate::hostile::{self, Case};
use crate::made::{self, Jpeg};
use crate::memory::peak;
use crate::work::Work;

/// The most processor time that reading one file in one way may take.
const LONGEST: Duration = Duration::from_secs(2);

/// What passes until a decoder that was told to stop looks up; and how much slower unoptimised code is, on a busy machine too.
const SLACK: u32 = if cfg!(debug_assertions) { 30 } else { 1 };

/// Renders whatever it is, within the bound; answers the fault.
fn survived(bytes: &[u8]) -> Option<PreviewFault> {
    let mut last = None;
    for form in [Form::Preview, Form::Press] {
        let (made, used) = peak(|| make(&mut Cursor::new(bytes), form, &|| false));
        assert!(used <= MEMORY, "{used} bytes for {:?}", made.err());
        match made {
            Ok(made) => assert!(made.jpeg.len() <= form.bytes()),
            Err(fault) => last = Some(fault),
        }
    }
    last
}

/// A PNG of stored (not compressed) data; `lines` are its scanlines with their filter bytes.
fn stored_png(width: u32, height: u32, colour: u8, interlaced: bool, lines: &[u8]) -> Vec<u8> {
    let mut zlib = vec![0x78, 1];
    for (index, block) in lines.chunks(65_535).enumerate() {
        zlib.push(u8::from((index + 1) * 65_535 >= lines.len()));
        zlib.extend((block.len() as u16).to_le_bytes());
        zlib.extend((!(block.len() as u16)).to_le_bytes());
        zlib.extend(block);
    }
    let (a, b) = lines.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    zlib.extend((b << 16 | a).to_be_bytes());
    let chunk = |name: &[u8; 4], content: &[u8]| {
        let named = [&name[..], content].concat();
        [&(content.len() as u32).to_be_bytes()[..], &named, &made::crc(&named).to_be_bytes()].concat()
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, colour, 0, 0, interlaced.into()]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &header), &chunk(b"IDAT", &zlib), &chunk(b"IEND", &[])].concat()
}

/// A JPEG whose frame says another size.
fn resized(mut jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let frame = jpeg.windows(2).position(|two| matches!(two, [0xFF, 0xC0 | 0xC2])).unwrap();
    jpeg[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    jpeg[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    jpeg
}

/// Reads a file in one way; what it took, where that was too much.
fn held<T>(what: &str, work: impl FnOnce(&dyn Fn() -> bool) -> T) -> Result<T, String> {
    let (clock, asked) = (Work::begin(), Cell::new(0u32));
    // It is asked for each small read, and asking the system takes longer than such a read.
    let enough = || {
        asked.set(asked.get().wrapping_add(1));
        asked.get() % 64 == 0 && clock.done() > LONGEST * SLACK
    };
    let (done, used) = peak(|| work(&enough));
    let took = clock.done();
    if used > MEMORY || took > LONGEST * SLACK + LONGEST / 4 {
        return Err(format!("{what} took {used} bytes and {} ms", took.as_millis()));
    }
    Ok(done)
}

/// Everything that reads a file before it is sent, within its bounds.
fn borne(case: &Case) -> Result<(), String> {
    let source = || Cursor::new(case.bytes.as_slice());
    for form in [Form::Preview, Form::Press] {
        if let Ok(made) = held(&format!("{form:?}"), |stop| make(&mut source(), form, stop))? {
            let most = form.longest();
            if made.jpeg.len() > form.bytes() || made.width > most || made.height > most {
                return Err(format!("{form:?} has {} bytes, {} x {}", made.jpeg.len(), made.width, made.height));
            }
            made::pixels(&made.jpeg);
        }
    }
    held("metadata", |_| metadata::read(&mut source()))?;
    let mut out = Vec::with_capacity(case.bytes.len() + 64);
    if let Ok(done) = held("redact", |_| redact::strip(&mut source(), &mut out))? {
        // What is let through can be let through once more, and stays the same.
        let mut again = Vec::with_capacity(out.len());
        let second = redact::strip(&mut Cursor::new(&out), &mut again).map_err(|fault| fault.to_string())?;
        if done.bytes != out.len() as u64 || again != out || second.removed != 0 {
            return Err("what was redacted changes when it is redacted again".into());
        }
    }
    Ok(())
}

#[test]
fn hostile_files_are_borne_within_64_mb_and_2_s() {
    let cases = hostile::all();
    let names: BTreeSet<_> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len(), "two have one name");
    assert!(cases.len() >= 200, "{} cases", cases.len());
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(why) = borne(case) {
                failed.lock().unwrap().push(format!("{}: {why}", case.name));
            }
        }
    };
    // Memory and time are those of a thread.
    thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {}:\n{}", failed.len(), cases.len(), failed.join("\n"));
}

/// As long as any that is stripped: it is held once.
#[test]
fn the_longest_webp_is_held_once() {
    let small = made::webp(&made::scene(40, 30), (40, 30), image_webp::ColorType::Rgb8);
    let mut bytes = small;
    let filler = (redact::WEBP - 8192) as u32;
    bytes.extend([b"ICCP", &filler.to_le_bytes()[..], &vec![7; filler as usize]].concat());
    let length = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&length.to_le_bytes());
    let done = held("redact", |_| redact::strip(&mut Cursor::new(&bytes), &mut std::io::sink())).unwrap().unwrap();
    assert_eq!((done.bytes, done.removed), (bytes.len() as u64, 0));
}

#[test]
fn interlaced_pngs_are_decoded_whole_up_to_a_bound() {
    // Adam7 of 2 x 2 grey: passes 1, 6 and 7 have pixels.
    let small = stored_png(2, 2, 0, true, &[0, 10, 0, 20, 0, 30, 40]);
    assert!(survived(&small).is_none());
    assert!(matches!(survived(&stored_png(5000, 5000, 2, true, &[0; 100])), Some(PreviewFault::TooLarge { .. })));
}

#[test]
fn claims_are_refused_before_anything_is_decoded() {
    let jpeg = Jpeg::default().scene(64, 64);
    let progressive = Jpeg { progressive: true, ..Jpeg::default() }.scene(64, 64);
    let sides = [(65_535, 65_535), (65_500, 3300), (30_000, 30_000), (16_000, 14_000)];
    for (width, height) in sides {
        let fault = survived(&resized(jpeg.clone(), width, height));
        assert!(matches!(fault, Some(PreviewFault::TooLarge { width: w, .. }) if w == u32::from(width)), "{fault:?}");
        let fault = survived(&resized(progressive.clone(), width, height));
        assert!(matches!(fault, Some(PreviewFault::TooLarge { .. })), "{fault:?}");
        let fault = survived(&stored_png(width.into(), height.into(), 2, false, &[0; 100]));
        assert!(matches!(fault, Some(PreviewFault::TooLarge { .. })), "{fault:?}");
    }
    let fault = survived(&stored_png(u32::MAX >> 1, 1, 2, false, &[0; 100]));
    assert!(matches!(fault, Some(PreviewFault::TooLarge { .. })), "{fault:?}");
    for (name, content) in [
        (b"VP8 ", &[0x10, 0, 0, 0x9D, 1, 0x2A, 0xFF, 0x3F, 0xFF, 0x3F, 0, 0][..]),
        (b"VP8L", &[0x2F, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0, 0]),
    ] {
        let length = (content.len() as u32).to_le_bytes();
        let webp = [b"RIFF", &(content.len() as u32 + 12).to_le_bytes()[..], b"WEBP", name, &length, content].concat();
        assert!(matches!(survived(&webp), Some(PreviewFault::TooLarge { .. })));
    }
    // A container that says a small size around a large picture.
    let mut vp8x = b"VP8X\x0a\0\0\0\x10\0\0\0\x05\0\0\x05\0\0ALPH\x02\0\0\0\0\0".to_vec();
    vp8x.extend(b"VP8 \x0c\0\0\0\x10\0\0\x9D\x01\x2A\xFF\x3F\xFF\x3F\0\0");
    let webp = [b"RIFF", &(vp8x.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &vp8x].concat();
    assert!(matches!(survived(&webp), Some(PreviewFault::TooLarge { .. })));
}

/// Scans without end take time, not memory: whoever waits says when it is enough.
#[test]
fn ten_thousand_scans_end_when_it_is_enough() {
    let jpeg = Jpeg { progressive: true, ..Jpeg::default() }.of(&vec![7; 1000 * 750 * 3], 1000, 750);
    let last = jpeg.windows(2).rposition(|two| two == [0xFF, 0xDA]).unwrap();
    let scan = &jpeg[last..jpeg.len() - 2];
    let many = [&jpeg[..last], &scan.repeat(10_000), &[0xFF, 0xD9]].concat();
    let asked = std::cell::Cell::new(0);
    let enough = || {
        asked.set(asked.get() + 1);
        asked.get() > 20
    };
    let made = make(&mut Cursor::new(&many), Form::Preview, &enough);
    assert!(matches!(made, Err(PreviewFault::Stopped)), "{made:?}");
}

#[test]
fn pictures_cut_short_are_damaged_or_show_what_there_is() {
    let webp = made::webp(&made::scene(64, 48), (64, 48), image_webp::ColorType::Rgb8);
    let damaged = |fault: &Option<PreviewFault>| {
        matches!(fault, Some(PreviewFault::Broken { .. } | PreviewFault::NotAPicture { .. }))
    };
    for part in 1..20 {
        let cut = |whole: &[u8]| survived(&whole[..(whole.len() - 30) * part / 20]);
        for whole in [made::png_scene(64, 48), webp.clone()] {
            let fault = cut(&whole);
            assert!(damaged(&fault), "{part}: {fault:?}");
        }
        let fault = cut(&Jpeg::default().scene(64, 48));
        assert!(damaged(&fault) || fault.is_none(), "{part}: {fault:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn damaged_pictures_never_panic(
        which in 0usize..7,
        flips in prop::collection::vec((any::<u32>(), any::<u8>()), 1..10),
        early in any::<bool>(),
    ) {
        let rgb = made::scene(48, 40);
        let mut bytes = match which {
            0 => Jpeg::default().of(&rgb, 48, 40),
            1 => Jpeg { progressive: true, orientation: 6, ..Jpeg::default() }.of(&rgb, 48, 40),
            2 => made::png_scene(48, 40),
            3 => stored_png(2, 2, 0, true, &[0, 10, 0, 20, 0, 30, 40]),
            4 => made::webp(&rgb, (48, 40), image_webp::ColorType::Rgb8),
            5 => include_bytes!("samples/lossy.webp").to_vec(),
            _ => include_bytes!("samples/lossy-alpha.webp").to_vec(),
        };
        for (at, value) in flips {
            let within = if early { bytes.len().min(120) } else { bytes.len() };
            bytes[at as usize % within] = value;
        }
        survived(&bytes);
    }
}
