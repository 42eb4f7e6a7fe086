//! Pictures made for a test.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// A camera's file: a corner of each colour, a bright rim, some detail; which way is up can be seen.
pub(crate) fn scene(width: usize, height: usize) -> Vec<u8> {
    let mut rgb = Vec::with_capacity(width * height * 3);
    let mut noise = 1u32;
    for y in 0..height {
        for x in 0..width {
            let mut pixel = match (x * 2 < width, y * 2 < height) {
                (true, true) => [200, 40, 40],
                (false, true) => [40, 180, 40],
                (true, false) => [40, 60, 200],
                (false, false) => [230, 220, 60],
            };
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            pixel = pixel.map(|value: u8| value.saturating_add((noise >> 28) as u8));
            rgb.extend(pixel);
        }
    }
    rgb
}

/// The mean colour of the middle of each quarter: top left, top right, bottom left, bottom right.
pub(crate) fn corners(rgb: &[u8], width: usize, height: usize) -> [[u8; 3]; 4] {
    [(1, 1), (3, 1), (1, 3), (3, 3)].map(|(x, y)| {
        let (left, top) = (width * x / 4, height * y / 4);
        let (columns, rows) = ((width / 8).max(1), (height / 8).max(1));
        [0, 1, 2].map(|channel| {
            let value = |n: usize| usize::from(rgb[((top + n / columns) * width + left + n % columns) * 3 + channel]);
            ((0..columns * rows).map(value).sum::<usize>() / (columns * rows)) as u8
        })
    })
}

pub(crate) const RED: [u8; 3] = [207, 47, 47];
pub(crate) const GREEN: [u8; 3] = [47, 187, 47];
pub(crate) const BLUE: [u8; 3] = [47, 67, 207];
pub(crate) const YELLOW: [u8; 3] = [237, 227, 67];

pub(crate) fn like(got: [[u8; 3]; 4], want: [[u8; 3]; 4]) -> bool {
    got.as_flattened().iter().zip(want.as_flattened()).all(|(a, b)| a.abs_diff(*b) <= 14)
}

/// How a JPEG is to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Jpeg {
    pub(crate) quality: u8,
    pub(crate) progressive: bool,
    pub(crate) sampling: SamplingFactor,
    pub(crate) orientation: u8,
}

impl Default for Jpeg {
    fn default() -> Self {
        Jpeg { quality: 90, progressive: false, sampling: SamplingFactor::R_4_2_0, orientation: 1 }
    }
}

impl Jpeg {
    pub(crate) fn of(self, rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.quality);
        encoder.set_sampling_factor(self.sampling);
        encoder.set_progressive(self.progressive);
        if self.orientation != 1 {
            encoder.add_exif_metadata(&tiff(self.orientation)).unwrap();
        }
        encoder.encode(rgb, width as u16, height as u16, ColorType::Rgb).unwrap();
        bytes
    }

    pub(crate) fn scene(self, width: usize, height: usize) -> Vec<u8> {
        self.of(&scene(width, height), width, height)
    }
}

/// EXIF with an orientation alone.
pub(crate) fn tiff(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    tiff[18] = orientation;
    tiff
}

pub(crate) fn png(
    data: &[u8],
    size: (usize, usize),
    colours: png::ColorType,
    depth: png::BitDepth,
    more: impl FnOnce(&mut png::Encoder<'_, &mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size.0 as u32, size.1 as u32);
    encoder.set_color(colours);
    encoder.set_depth(depth);
    encoder.set_compression(png::Compression::Fast);
    more(&mut encoder);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    bytes
}

pub(crate) fn png_scene(width: usize, height: usize) -> Vec<u8> {
    png(&scene(width, height), (width, height), png::ColorType::Rgb, png::BitDepth::Eight, |_| {})
}

pub(crate) fn webp(data: &[u8], size: (usize, usize), colours: image_webp::ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let encoder = image_webp::WebPEncoder::new(&mut bytes);
    encoder.encode(data, size.0 as u32, size.1 as u32, colours).unwrap();
    bytes
}

/// A JPEG's pixels.
pub(crate) fn pixels(jpeg: &[u8]) -> (Vec<u8>, usize, usize) {
    let mut decoder = mozjpeg::Decompress::new_mem(jpeg).unwrap().rgb().unwrap();
    let (width, height) = (decoder.width(), decoder.height());
    (decoder.read_scanlines().unwrap(), width, height)
}

/// A JPEG's markers up to the first scan and whatever follows it.
pub(crate) fn markers(jpeg: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut at = 2;
    while at + 4 <= jpeg.len() {
        assert_eq!(jpeg[at], 0xFF);
        found.push(jpeg[at + 1]);
        if jpeg[at + 1] == 0xDA {
            break;
        }
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    found
}

/// A PNG with one more chunk behind its header.
pub(crate) fn png_with_chunk(png: &[u8], name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let (start, rest) = png.split_at(8 + 25);
    let chunk =
        [&(content.len() as u32).to_be_bytes()[..], name, content, &crc(&[&name[..], content].concat()).to_be_bytes()];
    [start, &chunk.concat(), rest].concat()
}

/// PNG's checksum (ISO 3309), bit by bit.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}
