//! Colour profiles (ICC.1:2022) of cameras and screens, to sRGB: a preview carries no profile, and without this the
//! pictures of a phone with a wide gamut would look pale.
//!
//! Profiles that are a matrix and three curves are followed, as those of cameras are; others leave the colours as they
//! are.

/// The way from a profile's RGB to sRGB.
pub(super) struct ToSrgb {
    /// By channel and value: the light.
    light: [[f32; 256]; 3],
    matrix: [[f32; 3]; 3],
    /// By light in [`STEPS`]: the value in sRGB.
    value: Box<[u8]>,
}

const STEPS: usize = 4096;

/// From the profiles' white (D50) to sRGB's light: the inverse of its primaries, adapted by Bradford.
const FROM_D50: [[f64; 3]; 3] = [
    [3.133_856_1, -1.616_866_7, -0.490_614_6],
    [-0.978_768_4, 1.916_141_5, 0.033_454_0],
    [0.071_945_3, -0.228_991_4, 1.405_242_7],
];

impl ToSrgb {
    /// `None` where the profile is no RGB one by matrix and curves, is damaged, or is sRGB anyhow.
    pub(super) fn new(profile: &[u8]) -> Option<ToSrgb> {
        if profile.get(16..24)? != b"RGB XYZ " {
            return None;
        }
        let mut primaries = [[0.0; 3]; 3];
        let mut light = [[0.0; 256]; 3];
        for (channel, (colour, curve)) in
            [(b"rXYZ", b"rTRC"), (b"gXYZ", b"gTRC"), (b"bXYZ", b"bTRC")].iter().enumerate()
        {
            let told = tag(profile, colour)?;
            for (row, primary) in primaries.iter_mut().enumerate() {
                primary[channel] = fixed(told, 8 + row * 4)?;
            }
            let curve = Curve::new(tag(profile, curve)?)?;
            for (value, light) in light[channel].iter_mut().enumerate() {
                *light = curve.light(value as f64 / 255.0) as f32;
            }
        }
        let mut matrix = [[0.0; 3]; 3];
        for (row, from) in matrix.iter_mut().zip(FROM_D50) {
            for (column, value) in row.iter_mut().enumerate() {
                *value = (0..3).map(|at| from[at] * primaries[at][column]).sum::<f64>() as f32;
            }
        }
        let value = (0..=STEPS).map(|step| (encoded(step as f64 / STEPS as f64) * 255.0).round() as u8).collect();
        let way = ToSrgb { light, matrix, value };
        let same = [[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128], [60, 120, 200], [220, 160, 130]];
        let changes = same.iter().any(|pixel| way.pixel(*pixel).iter().zip(pixel).any(|(a, b)| a.abs_diff(*b) > 3));
        changes.then_some(way)
    }

    /// Changes the pixels in place.
    pub(super) fn apply(&self, rgb: &mut [u8]) {
        for pixel in rgb.as_chunks_mut::<3>().0 {
            *pixel = self.pixel(*pixel);
        }
    }

    fn pixel(&self, pixel: [u8; 3]) -> [u8; 3] {
        let light = [0, 1, 2].map(|channel| self.light[channel][usize::from(pixel[channel])]);
        self.matrix.map(|row| {
            let sum = row[0] * light[0] + row[1] * light[1] + row[2] * light[2];
            // A cast keeps to the type's bounds from below, and what is no number becomes 0.
            self.value[((sum * STEPS as f32 + 0.5) as usize).min(STEPS)]
        })
    }
}

/// sRGB's own curve (IEC 61966-2-1), from light to value.
fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// A tag's content.
fn tag<'p>(profile: &'p [u8], name: &[u8; 4]) -> Option<&'p [u8]> {
    let count = number(profile, 128)?.min(200);
    let entry = (0..count as usize).map(|index| 132 + index * 12).find(|at| profile.get(*at..*at + 4) == Some(name))?;
    let (start, length) = (number(profile, entry + 4)? as usize, number(profile, entry + 8)? as usize);
    profile.get(start..start.checked_add(length)?)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A number with 16 bits below the point.
fn fixed(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from(number(bytes, at)? as i32) / 65_536.0)
}

/// How a channel's values become light.
enum Curve<'p> {
    /// Evenly spaced samples, 16 bits each.
    Samples(&'p [u8]),
    /// g, a, b, c, d, e, f: (a x + b)^g + e from d on, c x + f below.
    Formula([f64; 7]),
}

impl Curve<'_> {
    fn new(told: &[u8]) -> Option<Curve<'_>> {
        match told.get(..4)? {
            b"curv" => match number(told, 8)? as usize {
                0 => Some(Curve::Formula([1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0])),
                1 => {
                    let gamma = f64::from(u16::from_be_bytes(*told.get(12..)?.first_chunk()?)) / 256.0;
                    Some(Curve::Formula([gamma, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]))
                }
                count => Some(Curve::Samples(told.get(12..12 + count.checked_mul(2)?)?)),
            },
            b"para" => {
                let kind = u16::from_be_bytes(*told.get(8..)?.first_chunk()?);
                let p = |at: usize| fixed(told, 12 + at * 4);
                Some(Curve::Formula(match kind {
                    0 => [p(0)?, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
                    1 => [p(0)?, p(1)?, p(2)?, 0.0, -p(2)? / p(1)?, 0.0, 0.0],
                    2 => [p(0)?, p(1)?, p(2)?, 0.0, -p(2)? / p(1)?, p(3)?, p(3)?],
                    3 => [p(0)?, p(1)?, p(2)?, p(3)?, p(4)?, 0.0, 0.0],
                    4 => [p(0)?, p(1)?, p(2)?, p(3)?, p(4)?, p(5)?, p(6)?],
                    _ => return None,
                }))
            }
            _ => None,
        }
    }

    fn light(&self, value: f64) -> f64 {
        match self {
            Curve::Samples(bytes) => {
                let last = bytes.len() / 2 - 1;
                let place = value * last as f64;
                let sample = |at: usize| f64::from(u16::from_be_bytes([bytes[at * 2], bytes[at * 2 + 1]])) / 65_535.0;
                let (low, high) = (sample((place as usize).min(last)), sample((place as usize + 1).min(last)));
                low + (high - low) * place.fract()
            }
            Curve::Formula([g, a, b, c, d, e, f]) => {
                if value >= *d {
                    (a * value + b).max(0.0).powf(*g) + e
                } else {
                    c * value + f
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A profile of these primaries (columns of XYZ at D50) and this curve.
    fn profile(primaries: [[f64; 3]; 3], curve: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 128];
        bytes[16..24].copy_from_slice(b"RGB XYZ ");
        bytes.extend(6u32.to_be_bytes());
        let start = 132 + 6 * 12;
        let mut content = Vec::new();
        for (name, primary) in [b"rXYZ", b"gXYZ", b"bXYZ"].iter().zip(primaries) {
            bytes.extend(*name);
            bytes.extend(((start + content.len()) as u32).to_be_bytes());
            bytes.extend(20u32.to_be_bytes());
            content.extend(b"XYZ \0\0\0\0");
            primary.iter().for_each(|value| content.extend(((value * 65_536.0) as i32).to_be_bytes()));
        }
        for name in [b"rTRC", b"gTRC", b"bTRC"] {
            bytes.extend(name);
            bytes.extend(((start + content.len()) as u32).to_be_bytes());
            bytes.extend((curve.len() as u32).to_be_bytes());
        }
        content.extend(curve);
        bytes.extend(content);
        bytes
    }

    fn srgb_curve() -> Vec<u8> {
        let mut curve = b"para\0\0\0\0\0\x03\0\0".to_vec();
        for value in [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.04045] {
            curve.extend(((value * 65_536.0) as i32).to_be_bytes());
        }
        curve
    }

    const P3: [[f64; 3]; 3] =
        [[0.515_12, 0.241_2, -0.001_05], [0.291_98, 0.692_25, 0.041_89], [0.157_1, 0.066_57, 0.784_07]];
    const SRGB: [[f64; 3]; 3] =
        [[0.436_07, 0.222_49, 0.013_92], [0.385_15, 0.716_87, 0.097_08], [0.143_07, 0.060_61, 0.714_1]];

    #[test]
    fn display_p3_becomes_srgb() {
        let way = ToSrgb::new(&profile(P3, &srgb_curve())).expect("it is not sRGB");
        // sRGB's red, as it is written in Display P3.
        let mut pixels = [234, 51, 35, 255, 255, 255, 128, 128, 128];
        way.apply(&mut pixels);
        for (got, want) in pixels.iter().zip([255u8, 0, 0, 255, 255, 255, 128, 128, 128]) {
            assert!(got.abs_diff(want) <= 6, "{pixels:?}");
        }
    }

    #[test]
    fn srgb_is_left_alone() {
        assert!(ToSrgb::new(&profile(SRGB, &srgb_curve())).is_none());
        assert!(ToSrgb::new(&profile(SRGB, b"curv\0\0\0\0\0\0\0\x01\x01\0")).is_some(), "a linear curve is not sRGB's");
    }

    proptest! {
        #[test]
        fn damaged_profiles_never_panic(at in 0usize..400, value: u8, cut in 0usize..400) {
            let mut bytes = profile(P3, &srgb_curve());
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            bytes.truncate(cut.max(100));
            if let Some(way) = ToSrgb::new(&bytes) {
                way.apply(&mut [1, 2, 3]);
            }
        }
    }
}
