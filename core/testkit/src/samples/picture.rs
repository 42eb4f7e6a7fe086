//! Draws landscapes: a sky with clouds and a sun or a moon, ridges behind each other, water, towns, and a
//! camera's noise over all.

use crate::chance::Chance;

type Colour = [f32; 3];

/// A picture: three bytes a pixel, row by row.
#[derive(Debug, Clone)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

/// What is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Land {
    Hills,
    Mountain,
    Town,
    /// Hills behind water.
    Water,
    /// The mountain, and its image in the water.
    Lake,
    /// A town behind water.
    Harbour,
    /// Nothing but water.
    Sea,
}

/// The light.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Palette {
    zenith: Colour,
    horizon: Colour,
    sun: Colour,
    land: Colour,
    /// The sun's height: 0 at the horizon, 1 at the top.
    height: f32,
}

impl Palette {
    pub(super) const DAWN: Self = Self {
        zenith: [52.0, 70.0, 122.0],
        horizon: [250.0, 172.0, 130.0],
        sun: [255.0, 220.0, 170.0],
        land: [38.0, 40.0, 62.0],
        height: 0.06,
    };
    pub(super) const MORNING: Self = Self {
        zenith: [92.0, 150.0, 214.0],
        horizon: [226.0, 232.0, 224.0],
        sun: [255.0, 246.0, 214.0],
        land: [46.0, 84.0, 60.0],
        height: 0.5,
    };
    pub(super) const NOON: Self = Self {
        zenith: [40.0, 108.0, 196.0],
        horizon: [176.0, 212.0, 236.0],
        sun: [255.0, 255.0, 240.0],
        land: [58.0, 98.0, 52.0],
        height: 0.85,
    };
    pub(super) const MIST: Self = Self {
        zenith: [150.0, 160.0, 170.0],
        horizon: [216.0, 216.0, 212.0],
        sun: [240.0, 238.0, 230.0],
        land: [92.0, 92.0, 78.0],
        height: 0.7,
    };
    pub(super) const GOLD: Self = Self {
        zenith: [70.0, 116.0, 182.0],
        horizon: [252.0, 210.0, 142.0],
        sun: [255.0, 236.0, 180.0],
        land: [96.0, 74.0, 44.0],
        height: 0.22,
    };
    pub(super) const DUSK: Self = Self {
        zenith: [48.0, 40.0, 92.0],
        horizon: [238.0, 112.0, 84.0],
        sun: [255.0, 180.0, 120.0],
        land: [28.0, 24.0, 44.0],
        height: 0.03,
    };
    pub(super) const NIGHT: Self = Self {
        zenith: [8.0, 10.0, 30.0],
        horizon: [44.0, 40.0, 72.0],
        sun: [236.0, 236.0, 220.0],
        land: [12.0, 12.0, 22.0],
        height: 0.72,
    };

    pub(super) fn is_dark(&self) -> bool {
        self.zenith[1] < 60.0
    }
}

/// A picture before it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) land: Land,
    pub(super) palette: Palette,
    pub(super) seed: u64,
}

/// One skyline: its upper edge in pixels for each column, and its colour. Windows are lit in a town.
struct Ridge {
    edge: Vec<f32>,
    colour: Colour,
    windows: bool,
}

impl Scene {
    pub(super) fn draw(&self, width: usize, height: usize) -> Canvas {
        let mut chance = Chance::new(self.seed);
        let (w, h) = (width as f32, height as f32);
        let shore = match self.land {
            Land::Hills | Land::Mountain | Land::Town => h,
            Land::Sea => 0.52 * h,
            Land::Water | Land::Lake | Land::Harbour => 0.64 * h,
        };
        let ridges = self.ridges(&mut chance, width, h, shore);
        let clouds = Clouds::new(&mut chance);
        let sun = (chance.between(0.2, 0.8) as f32 * w, (0.6 - 0.55 * self.palette.height) * h, 0.028 * h);
        let phase = chance.between(0.0, 6.0) as f32;
        let mut rgb = vec![0; width * height * 3];
        for (y, row) in rgb.chunks_exact_mut(width * 3).enumerate() {
            let y = y as f32;
            // Below the shore, the row that is mirrored, farther away the farther down.
            let wet = y > shore;
            let seen = if wet { shore - (y - shore) * 1.4 } else { y };
            let ripple = if wet { (y - shore) * 0.035 + 0.6 } else { 0.0 };
            for (x, pixel) in row.chunks_exact_mut(3).enumerate() {
                let mut column = x;
                let mut gleam = 0.0;
                if wet {
                    let wave = (y * 0.9 + phase).sin() * 0.7 + (y * 0.37 + x as f32 * 0.013).sin();
                    column = (x as f32 + wave * ripple * 2.0).clamp(0.0, w - 1.0) as usize;
                    gleam = wave * 5.0;
                }
                let mut colour = self.above(column, seen, h, &ridges, &clouds, sun);
                if wet {
                    let depth = (y - shore) / (h - shore);
                    let water = mix(self.palette.zenith, self.palette.land, 0.45);
                    colour = mix(colour, water, 0.22 + 0.4 * depth).map(|value| value + gleam);
                }
                for (byte, value) in pixel.iter_mut().zip(colour) {
                    *byte = value.clamp(0.0, 255.0) as u8;
                }
            }
        }
        let mut canvas = Canvas { width, height, rgb };
        canvas.grain(&mut chance, if self.palette.is_dark() { 9 } else { 8 });
        canvas
    }

    /// The skylines, nearest first.
    fn ridges(&self, chance: &mut Chance, width: usize, h: f32, shore: f32) -> Vec<Ridge> {
        let layers = match self.land {
            Land::Sea => 0,
            Land::Hills | Land::Town => 4,
            _ => 3,
        };
        let palette = &self.palette;
        let mut ridges: Vec<Ridge> = Vec::new();
        for layer in 0..layers {
            let far = layer as f32 / layers as f32;
            let base = (shore * (0.93 - 0.3 * far)).min(shore - 0.02 * h);
            let town = matches!(self.land, Land::Town | Land::Harbour) && layer < 2;
            let edge = if town {
                houses(chance, width, base, h * (0.16 + 0.1 * far))
            } else {
                hills(chance, width, base, h * (0.07 + 0.05 * far))
            };
            let colour = mix(palette.land, palette.horizon, 0.75 * far);
            ridges.push(Ridge { edge, colour, windows: town });
        }
        if matches!(self.land, Land::Mountain | Land::Lake) {
            let peak = chance.between(0.35, 0.65) as f32 * width as f32;
            let rough = hills(chance, width, 0.0, 0.012 * h);
            let top = 0.2 * h;
            let edge = rough.iter().enumerate().map(|(x, rough)| {
                // A volcano's slope: steep above, long below.
                let away = ((x as f32 - peak).abs() / (0.95 * h)).min(1.0);
                let slope = 1.0 - (1.0 - away).powf(1.9);
                (top + slope * 0.55 * h + rough).max(top + 0.012 * h)
            });
            let colour = mix(palette.land, palette.horizon, 0.55);
            ridges.push(Ridge { edge: edge.collect(), colour, windows: false });
        }
        ridges
    }

    /// The colour above the shore.
    fn above(&self, x: usize, y: f32, h: f32, ridges: &[Ridge], clouds: &Clouds, sun: (f32, f32, f32)) -> Colour {
        let palette = &self.palette;
        let mountain = matches!(self.land, Land::Mountain | Land::Lake);
        for (index, ridge) in ridges.iter().enumerate() {
            let below = y - ridge.edge[x];
            if below <= 0.0 {
                continue;
            }
            if ridge.windows && palette.is_dark() && lit(x, below, h, index) {
                return [250.0, 206.0, 120.0];
            }
            if mountain && index + 1 == ridges.len() && y < 0.34 * h + 0.03 * h * clouds.at(x as f32 * 6.0 / h, 1.0) {
                // Snow, brighter on one side.
                return mix([236.0, 240.0, 248.0], palette.horizon, 0.3);
            }
            // Leaves and stones near by, mist in the valleys.
            let texture = (clouds.at(x as f32 * 60.0 / h, y * 60.0 / h) - 0.5) * 34.0 / (1.0 + index as f32);
            let mist = (below / (0.3 * h)).min(1.0) * 0.3;
            return mix(ridge.colour, palette.horizon, mist * (index > 0) as u8 as f32).map(|value| value + texture);
        }
        let up = (1.0 - y / (0.66 * h)).clamp(0.0, 1.0);
        let mut colour = mix(palette.horizon, palette.zenith, up.powf(0.7));
        let away = ((x as f32 - sun.0).powi(2) + (y - sun.1).powi(2)).sqrt() / sun.2;
        let glow = if away < 1.0 { 1.0 } else { 0.55 / (away * away * 0.2 + 0.8) };
        let dark = palette.is_dark() && palette.height > 0.5;
        colour = mix(colour, palette.sun, if dark && away >= 1.0 { glow * 0.2 } else { glow });
        let flat = 3.2 + 4.0 * (1.0 - up);
        let cloud = clouds.at(x as f32 * 3.0 / h, y * flat / h);
        let cover = ((cloud - 0.52) * 3.4).clamp(0.0, 0.8) * if dark { 0.3 } else { 1.0 };
        mix(colour, mix([246.0, 246.0, 248.0], palette.horizon, 0.4), cover)
    }
}

/// Whether a window is lit there: rows and columns of them, some dark.
fn lit(x: usize, below: f32, h: f32, layer: usize) -> bool {
    let cell = (h / 110.0).max(4.0) * if layer == 0 { 1.3 } else { 1.0 };
    let (column, row) = (x as f32 / cell, below / cell);
    let (inside_x, inside_y) = (column.fract(), row.fract());
    let hash =
        (column as u64).wrapping_mul(0x9e37_79b9).wrapping_add((row as u64).wrapping_mul(0x85eb_ca6b) ^ layer as u64);
    let some = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35) >> 7 & 7;
    row > 1.0 && inside_x > 0.35 && inside_y > 0.4 && some < 3
}

fn mix(a: Colour, b: Colour, part: f32) -> Colour {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * part)
}

/// A rolling edge: waves of shorter and shorter length.
fn hills(chance: &mut Chance, width: usize, base: f32, amplitude: f32) -> Vec<f32> {
    let waves: Vec<(f32, f32, f32)> = (0..7)
        .map(|octave| {
            let length = chance.between(0.9, 1.5) as f32 * 2f32.powi(octave) * 4.2 / 1600.0;
            (length, chance.between(0.0, 6.3) as f32, amplitude * 0.55f32.powi(octave))
        })
        .collect();
    let at = |x: usize| waves.iter().map(|(length, phase, size)| (x as f32 * length + phase).sin() * size).sum::<f32>();
    (0..width).map(|x| base - amplitude + at(x)).collect()
}

/// Flat roofs side by side.
fn houses(chance: &mut Chance, width: usize, base: f32, tallest: f32) -> Vec<f32> {
    let mut edge = Vec::with_capacity(width);
    while edge.len() < width {
        let wide = (tallest * chance.between(0.14, 0.42) as f32).max(6.0) as usize;
        let tall = tallest * (chance.unit() as f32).powf(1.6) + tallest * 0.12;
        edge.extend(std::iter::repeat_n(base - tall, wide));
    }
    edge.truncate(width);
    edge
}

/// Smooth noise in 0..1 from a table: three sizes over each other.
struct Clouds {
    table: Vec<f32>,
}

impl Clouds {
    const SIDE: usize = 64;

    fn new(chance: &mut Chance) -> Self {
        Self { table: (0..Self::SIDE * Self::SIDE).map(|_| chance.unit() as f32).collect() }
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        0.57 * self.smooth(x, y)
            + 0.29 * self.smooth(x * 2.1 + 7.0, y * 2.1)
            + 0.14 * self.smooth(x * 4.3, y * 4.3 + 3.0)
    }

    fn smooth(&self, x: f32, y: f32) -> f32 {
        // Both are positive and small here, so a plain cast is their floor.
        let (x, y) = (x.max(0.0), y.max(0.0));
        let (left, top) = (x as usize, y as usize);
        let ease = |part: f32| part * part * (3.0 - 2.0 * part);
        let (across, down) = (ease(x - left as f32), ease(y - top as f32));
        let corner =
            |dx: usize, dy: usize| self.table[((top + dy) % Self::SIDE) * Self::SIDE + (left + dx) % Self::SIDE];
        let upper = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * across;
        let lower = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * across;
        upper + (lower - upper) * down
    }
}

impl Canvas {
    /// A sensor's noise, up to that much up or down.
    pub(super) fn grain(&mut self, chance: &mut Chance, amount: u8) {
        let span = 2 * u16::from(amount) + 1;
        for pixels in self.rgb.chunks_mut(8) {
            for (byte, noise) in pixels.iter_mut().zip(chance.bits().to_le_bytes()) {
                let shift = ((u16::from(noise) * span) >> 8) as i16 - i16::from(amount);
                *byte = (i16::from(*byte) + shift).clamp(0, 255) as u8;
            }
        }
    }

    /// What is seen of a wide picture from a column on.
    pub(super) fn window(&self, from: usize, width: usize) -> Self {
        let rows = self.rgb.chunks_exact(self.width * 3);
        let rgb = rows.flat_map(|row| &row[from * 3..(from + width) * 3]).copied().collect();
        Self { width, height: self.height, rgb }
    }

    /// Turned to the left, as the sensor saw it when the camera was held upright (EXIF orientation 6).
    pub(super) fn lie_on_its_left(&self) -> Self {
        let (width, height) = (self.height, self.width);
        let mut rgb = Vec::with_capacity(self.rgb.len());
        for y in 0..height {
            for x in 0..width {
                let at = (x * self.width + (self.width - 1 - y)) * 3;
                rgb.extend_from_slice(&self.rgb[at..at + 3]);
            }
        }
        Self { width, height, rgb }
    }
}
