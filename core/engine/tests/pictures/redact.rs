//! What is left of an original when its metadata was taken out.

use std::io::Cursor;

use proptest::prelude::*;
use satchel::metadata;
use satchel::redact::{RedactFault, Stripped, strip};

use crate::made::{self, Jpeg, pixels};

/// Written into every place where metadata may lie.
const SECRET: &[u8] = b"52.5163N13.3777E";

fn stripped(bytes: &[u8]) -> Result<(Vec<u8>, Stripped), RedactFault> {
    let mut out = Vec::new();
    let done = strip(&mut Cursor::new(bytes), &mut out)?;
    assert_eq!(done.bytes, out.len() as u64);
    Ok((out, done))
}

/// Strips, and holds the result to what is promised of each.
pub(crate) fn clean(bytes: &[u8]) -> (Vec<u8>, Stripped) {
    let (out, done) = stripped(bytes).unwrap();
    assert!(out.len() <= bytes.len() + 64, "it grew");
    for trace in [SECRET, b"http://ns.adobe", b"Photoshop", b"Apple", b"MPF\0"] {
        assert!(!out.windows(trace.len()).any(|window| window == trace), "{} is left", trace.escape_ascii());
    }
    let said = metadata::read(&mut Cursor::new(&out));
    let before = metadata::read(&mut Cursor::new(bytes));
    assert_eq!((said.taken, said.place, said.camera), (None, None, None));
    assert_eq!((said.caption, said.tags, said.rating), (None, Vec::new(), None));
    assert_eq!((said.width, said.height), (before.width, before.height));
    assert_eq!(said.orientation.unwrap_or(1), done.orientation);
    let (again, second) = stripped(&out).unwrap();
    assert!(again == out, "a second time changed it");
    assert_eq!((second.removed, second.orientation), (0, done.orientation));
    (out, done)
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
}

fn secret(start: &[u8]) -> Vec<u8> {
    [start, SECRET].concat()
}

/// A photo with something in every place that a JPEG has for it.
fn full_jpeg(progressive: bool, orientation: u8) -> Vec<u8> {
    let plain = Jpeg { progressive, ..Jpeg::default() }.scene(120, 80);
    let jfif = usize::from(u16::from_be_bytes([plain[4], plain[5]])) + 2;
    let icc = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[7; 300]].concat();
    let adobe = [b"Adobe\0\x64\0\0\0\0\x01".as_slice(), SECRET].concat();
    let mut thumbnail = b"JFIF\0\x01\x02\0\0\x01\0\x01\x04\x01".to_vec();
    thumbnail.extend([9; 12]);
    [
        &[0xFF, 0xD8][..],
        &segment(0xE0, &thumbnail),
        &segment(0xE0, &secret(b"JFXX\0")),
        &segment(0xE1, &[b"Exif\0\0".as_slice(), &made::tiff(orientation), SECRET].concat()),
        &segment(0xE1, &secret(b"http://ns.adobe.com/xap/1.0/\0<x/>")),
        &segment(0xE1, &secret(b"http://ns.adobe.com/xmp/extension/\0")),
        &segment(0xE2, &icc),
        &segment(0xE2, &secret(b"MPF\0")),
        &segment(0xED, &secret(b"Photoshop 3.0\08BIM")),
        &segment(0xEE, &adobe),
        &segment(0xEB, &secret(b"HDR")),
        &segment(0xFE, SECRET),
        &plain[2 + jfif..],
        // A motion photo's film.
        b"\0\0\0\x18ftypmp42",
        SECRET,
    ]
    .concat()
}

#[test]
fn jpegs_keep_their_picture_and_nothing_else() {
    for progressive in [false, true] {
        for orientation in 1..=8 {
            let full = full_jpeg(progressive, orientation);
            let (out, done) = clean(&full);
            assert!(pixels(&out) == pixels(&full), "pixels differ");
            assert_eq!(done.orientation, orientation);
            // JFXX, EXIF, two of XMP, MPF, IPTC, HDR, the comment, the film; less of JFIF and Adobe.
            assert_eq!(done.removed, 11);
            let markers = made::markers(&out);
            let exif = usize::from(orientation > 1);
            assert_eq!(markers.iter().filter(|marker| **marker == 0xE1).count(), exif);
            assert_eq!(markers[..2 + exif], [&[0xE0][..], &[0xE1][..exif], &[0xE2]].concat());
            assert!(markers.contains(&0xEE));
            // The scan's data is byte for byte what it was.
            let scan = |bytes: &[u8]| bytes.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
            let (from, to) = (&full[scan(&full)..], &out[scan(&out)..]);
            assert!(from.starts_with(to) && to.ends_with(&[0xFF, 0xD9]));
        }
    }
}

#[test]
fn marks_between_scans_and_restart_markers() {
    let mut jpeg = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut jpeg, 80);
    encoder.set_progressive(true);
    encoder.set_restart_interval(3);
    encoder.encode(&made::scene(90, 70), 90, 70, jpeg_encoder::ColorType::Rgb).unwrap();
    let second = jpeg.windows(2).rposition(|two| two == [0xFF, 0xDA]).unwrap();
    let hidden = [&jpeg[..second], &segment(0xFE, SECRET), &segment(0xE2, &secret(b"ICC_PROFILE\0")), &jpeg[second..]];
    let hidden = hidden.concat();
    let (out, done) = clean(&hidden);
    assert_eq!(done.removed, 2);
    assert!(pixels(&out) == pixels(&jpeg));
}

#[test]
fn pngs_keep_their_picture_and_nothing_else() {
    let plain = made::png_scene(90, 60);
    for orientation in 1..=8 {
        let mut full = plain.clone();
        for (name, content) in [
            (b"eXIf", made::tiff(orientation)),
            (b"tEXt", secret(b"Comment\0")),
            (b"iTXt", secret(b"XML:com.adobe.xmp\0\0\0\0\0")),
            (b"zTXt", secret(b"a\0\0")),
            (b"tIME", vec![7; 7]),
            (b"caNv", secret(b"")),
            (b"gAMA", 45_455u32.to_be_bytes().to_vec()),
            (b"pHYs", vec![0, 0, 11, 19, 0, 0, 11, 19, 1]),
        ] {
            full = made::png_with_chunk(&full, name, &content);
        }
        full.extend(SECRET);
        let (out, done) = clean(&full);
        assert_eq!((done.orientation, done.removed), (orientation, if orientation > 1 { 6 } else { 7 }));
        let decoded = |bytes: &[u8]| {
            let mut reader = png::Decoder::new(Cursor::new(bytes.to_vec())).read_info().unwrap();
            let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
            reader.next_frame(&mut pixels).unwrap();
            (pixels, reader.info().source_gamma)
        };
        assert!(decoded(&out) == decoded(&full));
    }
}

#[test]
fn webps_keep_their_picture_and_nothing_else() {
    let rgb = made::scene(90, 60);
    for orientation in 1..=8 {
        let mut full = Vec::new();
        let mut encoder = image_webp::WebPEncoder::new(&mut full);
        encoder.set_icc_profile(vec![5; 201]);
        encoder.set_exif_metadata([&made::tiff(orientation), SECRET].concat());
        encoder.set_xmp_metadata(secret(b"http://ns.adobe.com"));
        encoder.encode(&rgb, 90, 60, image_webp::ColorType::Rgb8).unwrap();
        let length = full.len();
        full.extend(SECRET);
        let (out, done) = clean(&full);
        assert_eq!((done.orientation, done.removed), (orientation, 3));
        assert!(out.len() < length);
        let mut decoder = image_webp::WebPDecoder::new(Cursor::new(&out)).unwrap();
        assert_eq!(decoder.icc_profile().unwrap(), Some(vec![5; 201]));
        let mut pixels = vec![0; rgb.len()];
        decoder.read_image(&mut pixels).unwrap();
        assert!(pixels == rgb);
    }
    for sample in [
        &include_bytes!("samples/lossy.webp")[..],
        include_bytes!("samples/lossy-alpha.webp"),
        include_bytes!("samples/animated.webp"),
    ] {
        let (out, done) = clean(sample);
        assert!(out == sample, "there was nothing to take out");
        assert_eq!(done.removed, 0);
    }
}

#[test]
fn other_formats_and_damaged_files_are_refused() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    assert!(matches!(stripped(heic), Err(RedactFault::NotStrippable)));
    assert!(matches!(stripped(b"RIFF\x04\0\0\0WAVE"), Err(RedactFault::NotStrippable)));
    assert!(matches!(stripped(b""), Err(RedactFault::Broken(_))));
    let webp = made::webp(&made::scene(30, 20), (30, 20), image_webp::ColorType::Rgb8);
    for whole in [Jpeg::default().scene(60, 40), made::png_scene(60, 40), webp] {
        // WebP pads to an even length, and the padding may be missing.
        for length in 0..whole.len() - 1 {
            let cut = stripped(&whole[..length]);
            assert!(matches!(cut, Err(RedactFault::Broken(_) | RedactFault::NotStrippable)), "{length}: {cut:?}");
        }
    }
    let long = [b"RIFF".as_slice(), &u32::MAX.to_le_bytes(), b"WEBP"].concat();
    assert!(matches!(stripped(&long), Err(RedactFault::TooLarge)));
}

#[test]
fn a_copy_that_cannot_be_written_is_told() {
    let mut small = [0; 100];
    let fault = strip(&mut Cursor::new(Jpeg::default().scene(60, 40)), &mut &mut small[..]);
    assert!(matches!(fault, Err(RedactFault::Write(_))), "{fault:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn damaged_files_end_in_a_fault_or_a_clean_copy(
        which in 0usize..3,
        flips in prop::collection::vec((any::<u32>(), any::<u8>()), 1..8),
    ) {
        let webp = made::webp(&made::scene(30, 20), (30, 20), image_webp::ColorType::Rgb8);
        let mut bytes = [full_jpeg(true, 6), made::png_scene(30, 20), webp][which].clone();
        for (at, value) in flips {
            let at = at as usize % bytes.len();
            bytes[at] = value;
        }
        if let Ok((out, _)) = stripped(&bytes) {
            let (again, second) = stripped(&out).unwrap();
            prop_assert!(again == out);
            prop_assert_eq!(second.removed, 0);
        }
    }
}
