//! The fuzz targets' bodies, on some thousands of seeded inputs each: hostile and good pictures with bytes changed. The long
//! runs are `cargo xtask fuzz metadata|preview|redact`.

use satchel_testkit::Chance;

use crate::hostile;
use crate::made::{self, Jpeg};

#[path = "../../fuzz/bodies.rs"]
mod bodies;

/// Longer ones take too long to be many.
const LONG: usize = 20_000;
/// Each input is changed so often.
const TIMES: u64 = 12;

fn bent(mut bytes: Vec<u8>, chance: &mut Chance) -> Vec<u8> {
    for _ in 0..chance.below(6) {
        if bytes.is_empty() {
            break;
        }
        // The headers are where it matters.
        let within = if chance.below(3) > 0 { bytes.len().min(200) } else { bytes.len() };
        let at = chance.below(within as u64) as usize;
        match chance.below(5) {
            0 => bytes.truncate(at),
            1 => {
                let to = at + chance.below((bytes.len() - at).min(60) as u64 + 1) as usize;
                let piece = bytes[at..to].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => bytes[at] = [0, 1, 0x7F, 0x80, 0xFF][chance.below(5) as usize],
            3 => bytes[at] ^= 1 << chance.below(8),
            _ => bytes[at] = chance.below(256) as u8,
        }
    }
    bytes
}

#[test]
fn bent_pictures_break_no_promise() {
    let mut inputs: Vec<_> =
        hostile::all().into_iter().map(|case| case.bytes).filter(|bytes| bytes.len() < LONG).collect();
    inputs.extend([made::png_scene(60, 40), Jpeg { orientation: 6, ..Jpeg::default() }.scene(60, 40)]);
    inputs.push(Jpeg { progressive: true, ..Jpeg::default() }.scene(60, 40));
    assert!(inputs.len() > 150, "{}", inputs.len());
    let mut chance = Chance::new(1);
    for input in &inputs {
        for turn in 0..TIMES {
            let bytes = if turn == 0 { input.clone() } else { bent(input.clone(), &mut chance) };
            bodies::metadata(&bytes);
            bodies::redact(&bytes);
            bodies::preview(&bytes);
        }
    }
}
