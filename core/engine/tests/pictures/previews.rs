//! What renditions look like.

use std::io::Cursor;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use satchel::previews::{Form, MEMORY, PreviewFault, Rendered, make};

use crate::made::{self, BLUE, GREEN, Jpeg, RED, YELLOW, corners, like, pixels};
use crate::memory::peak;

const LOSSY: &[u8] = include_bytes!("samples/lossy.webp");
const LOSSY_ALPHA: &[u8] = include_bytes!("samples/lossy-alpha.webp");
const ANIMATED: &[u8] = include_bytes!("samples/animated.webp");

fn made_of(bytes: &[u8], form: Form) -> Result<Rendered, PreviewFault> {
    make(&mut Cursor::new(bytes), form, &|| false)
}

/// Holds a rendition to everything that is promised of each.
pub(crate) fn checked(bytes: &[u8], form: Form) -> Rendered {
    let (made, used) = peak(|| made_of(bytes, form));
    let made = made.unwrap();
    assert!(used <= MEMORY, "{form:?} took {used} bytes of memory");
    assert!(made.jpeg.len() <= form.bytes(), "{form:?} has {} bytes", made.jpeg.len());
    assert!(made.width.max(made.height) <= form.longest(), "{} x {}", made.width, made.height);
    let markers = made::markers(&made.jpeg);
    let plain = |marker: &u8| matches!(marker, 0xE0 | 0xC0 | 0xC2 | 0xC4 | 0xDA | 0xDB);
    assert!(markers.iter().all(plain), "{markers:02X?}");
    assert!(made.jpeg.ends_with(&[0xFF, 0xD9]));
    made
}

fn look(made: &Rendered) -> [[u8; 3]; 4] {
    let (rgb, width, height) = pixels(&made.jpeg);
    assert_eq!((width as u32, height as u32), (made.width, made.height));
    corners(&rgb, width, height)
}

const UPRIGHT: [[u8; 3]; 4] = [RED, GREEN, BLUE, YELLOW];

#[test]
fn photos_become_both_renditions() {
    for (progressive, sampling) in [(false, SamplingFactor::R_4_2_0), (true, SamplingFactor::R_4_4_4)] {
        let photo = Jpeg { progressive, sampling, ..Jpeg::default() }.scene(2600, 1950);
        let press = checked(&photo, Form::Press);
        assert_eq!((press.width, press.height), (2048, 1536));
        assert!(like(look(&press), UPRIGHT), "{:?}", look(&press));
        let preview = checked(&photo, Form::Preview);
        assert_eq!((preview.width, preview.height), (640, 480));
        assert!(like(look(&preview), UPRIGHT), "{:?}", look(&preview));
    }
}

#[test]
fn every_orientation_is_set_upright() {
    // What the pixels must look like for the scene to be seen upright, by EXIF's table.
    let shown = [
        (1, [RED, GREEN, BLUE, YELLOW]),
        (2, [GREEN, RED, YELLOW, BLUE]),
        (3, [YELLOW, BLUE, GREEN, RED]),
        (4, [BLUE, YELLOW, RED, GREEN]),
        (5, [RED, BLUE, GREEN, YELLOW]),
        (6, [BLUE, RED, YELLOW, GREEN]),
        (7, [YELLOW, GREEN, BLUE, RED]),
        (8, [GREEN, YELLOW, RED, BLUE]),
    ];
    for (orientation, want) in shown {
        let photo = Jpeg { orientation, ..Jpeg::default() }.scene(800, 600);
        let made = checked(&photo, Form::Preview);
        assert_eq!(made.width > made.height, orientation < 5, "orientation {orientation}");
        assert!(like(look(&made), want), "orientation {orientation}: {:?}", look(&made));
    }
}

#[test]
fn pngs_of_every_kind() {
    use png::{BitDepth::*, ColorType::*};
    let (width, height) = (900, 700);
    let rgb = made::scene(width, height);
    let size = (width, height);
    let is_scene = |bytes: &[u8], what: &str| {
        let look = look(&checked(bytes, Form::Preview));
        assert!(like(look, UPRIGHT), "{what}: {look:?}");
    };
    is_scene(&made::png(&rgb, size, Rgb, Eight, |_| {}), "RGB");
    let wide: Vec<u8> = rgb.iter().flat_map(|value| [*value, 77]).collect();
    is_scene(&made::png(&wide, size, Rgb, Sixteen, |_| {}), "RGB of 16 bits");
    let solid: Vec<u8> = rgb.chunks(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect();
    is_scene(&made::png(&solid, size, Rgba, Eight, |_| {}), "RGBA");
    let indices: Vec<u8> =
        (0..height).flat_map(|y| (0..width).map(move |x| (x * 2 / width + y * 2 / height * 2) as u8)).collect();
    let palette = [RED, GREEN, BLUE, YELLOW].concat();
    is_scene(&made::png(&indices, size, Indexed, Eight, |encoder| encoder.set_palette(palette)), "a palette");

    let grey: Vec<u8> = vec![90; width * height];
    let seen = look(&checked(&made::png(&grey, size, Grayscale, Eight, |_| {}), Form::Preview));
    assert!(like(seen, [[90; 3]; 4]), "grey: {seen:?}");
    let bits = vec![0xFF; width.div_ceil(8) * height];
    let seen = look(&checked(&made::png(&bits, size, Grayscale, One, |_| {}), Form::Preview));
    assert!(like(seen, [[255; 3]; 4]), "one bit: {seen:?}");
}

#[test]
fn transparency_lies_on_white() {
    let (width, height) = (300, 200);
    let half: Vec<u8> =
        (0..width * height).flat_map(|at| [0, 0, 0, if at % width < width / 2 { 0 } else { 128 }]).collect();
    let white_and_grey = [[255; 3], [127; 3], [255; 3], [127; 3]];
    let png = made::png(&half, (width, height), png::ColorType::Rgba, png::BitDepth::Eight, |_| {});
    let webp = made::webp(&half, (width, height), image_webp::ColorType::Rgba8);
    for bytes in [png, webp] {
        let seen = look(&checked(&bytes, Form::Preview));
        assert!(like(seen, white_and_grey), "{seen:?}");
    }
    let seen = look(&checked(LOSSY_ALPHA, Form::Preview));
    assert!(like(seen, white_and_grey), "{seen:?}");
}

#[test]
fn webps_lossy_and_lossless() {
    let lossless = made::webp(&made::scene(900, 700), (900, 700), image_webp::ColorType::Rgb8);
    for bytes in [LOSSY, &lossless] {
        let seen = look(&checked(bytes, Form::Preview));
        assert!(like(seen, UPRIGHT), "{seen:?}");
    }
    let animated = made_of(ANIMATED, Form::Preview);
    assert!(matches!(animated, Err(PreviewFault::NotAPicture { found: "an animated WebP" })), "{animated:?}");
}

#[test]
fn webp_and_png_are_set_upright_too() {
    let rgb = made::scene(600, 400);
    let mut webp = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut webp);
    encoder.set_exif_metadata(made::tiff(6));
    encoder.encode(&rgb, 600, 400, image_webp::ColorType::Rgb8).unwrap();
    let png = made::png_with_chunk(&made::png_scene(600, 400), b"eXIf", &made::tiff(6));
    for bytes in [webp, png] {
        let made = checked(&bytes, Form::Preview);
        assert!(made.height > made.width);
        assert!(like(look(&made), [BLUE, RED, YELLOW, GREEN]), "{:?}", look(&made));
    }
}

#[test]
fn inks_and_grey_become_colours() {
    let rgb = made::scene(640, 480);
    let inks: Vec<u8> = rgb.chunks(3).flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]).collect();
    for kind in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let mut bytes = Vec::new();
        Encoder::new(&mut bytes, 90).encode(&inks, 640, 480, kind).unwrap();
        let seen = look(&checked(&bytes, Form::Preview));
        assert!(like(seen, UPRIGHT), "{kind:?}: {seen:?}");
    }
}

#[test]
fn small_pictures_are_not_enlarged_and_slim_ones_keep_a_pixel() {
    let small = checked(&Jpeg::default().scene(31, 17), Form::Press);
    assert_eq!((small.width, small.height), (31, 17));
    let slim = checked(&Jpeg::default().scene(20_000, 3), Form::Preview);
    assert_eq!((slim.width, slim.height), (640, 1));
    let one = checked(&Jpeg::default().of(&[9, 9, 9], 1, 1), Form::Preview);
    assert_eq!((one.width, one.height), (1, 1));
}

#[test]
fn noise_fits_by_getting_smaller() {
    let mut noise = 7u32;
    let rgb: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    })
    .take(2048 * 2048 * 3)
    .collect();
    let photo = Jpeg { quality: 70, ..Jpeg::default() }.of(&rgb, 2048, 2048);
    for form in [Form::Preview, Form::Press] {
        let made = checked(&photo, form);
        assert!(made.width < form.longest(), "{form:?}: {}", made.width);
    }
}

#[test]
fn the_largest_photos_of_phones_fit() {
    // 48 megapixels, flat, so that the coefficients come as fast as they can.
    let large = Jpeg { quality: 50, ..Jpeg::default() }.of(&vec![120; 8000 * 6000 * 3], 8000, 6000);
    for form in [Form::Press, Form::Preview] {
        checked(&large, form);
    }
    drop(large);
    // A progressive one is held as its coefficients: 12 megapixels are not too many, 48 are.
    let progressive = |width, height| Jpeg { quality: 50, progressive: true, ..Jpeg::default() }.scene(width, height);
    let press = checked(&progressive(4000, 3000), Form::Press);
    assert_eq!(press.width, 2048);
    let refused = made_of(&progressive(8000, 6000), Form::Press);
    assert!(matches!(refused, Err(PreviewFault::TooLarge { width: 8000, height: 6000, .. })), "{refused:?}");
}

#[test]
fn formats_of_the_host_are_named() {
    let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic";
    for (bytes, name) in [(&heic[..], "a HEIC picture"), (b"", "an empty file"), (b"GIF89a\x01\0\x01\0", "a GIF")] {
        match made_of(bytes, Form::Preview) {
            Err(PreviewFault::NotAPicture { found }) => assert_eq!(found, name),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn it_stops_when_it_is_told_to() {
    let photo = Jpeg::default().scene(2600, 1950);
    let png = made::png_scene(1500, 1000);
    let webp = made::webp(&made::scene(900, 700), (900, 700), image_webp::ColorType::Rgb8);
    for bytes in [&photo, &png, &webp] {
        let asked = std::cell::Cell::new(0);
        let count = || {
            asked.set(asked.get() + 1);
            false
        };
        make(&mut Cursor::new(bytes), Form::Press, &count).unwrap();
        let total = asked.get();
        assert!(total > 4, "asked {total} times");
        // At any time of asking.
        for nth in [1, 2, total / 2, total - 1, total] {
            asked.set(0);
            let stop = || {
                asked.set(asked.get() + 1);
                asked.get() >= nth
            };
            let made = make(&mut Cursor::new(bytes), Form::Press, &stop);
            assert!(matches!(made, Err(PreviewFault::Stopped)), "{nth} of {total}: {made:?}");
        }
    }
}
