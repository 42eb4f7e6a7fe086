//! What is no picture at all, or none of the kind that its name says.

use super::bits::{boxed, zeros};
use super::{Case, case};
use crate::made::{self, Jpeg};

pub(super) fn cases() -> Vec<Case> {
    let named = |name: &str, ending, bytes: &[u8]| case(format!("other: {name}"), ending, bytes.to_vec());
    let matroska = |inside: &[u8]| [&b"\x1A\x45\xDF\xA3\x80"[..], inside].concat();
    vec![
        named("one byte", "jpg", &[0xFF]),
        named("a photo that says PNG", "png", &Jpeg::default().scene(40, 30)),
        named("a PNG that says photo", "jpg", &made::png_scene(40, 30)),
        named("a film that says photo", "jpg", &boxed(b"ftyp", b"mp42\0\0\0\0")),
        named("a page that says photo", "jpg", b"<!DOCTYPE html><title>Welcome to the hotel</title>"),
        named("a photo that says film", "mp4", &Jpeg::default().scene(40, 30)),
        named("eight megabytes of zeros", "jpg", &vec![0; 8 << 20]),
        named("noise", "jpg", &made::scene(300, 200)),
        named(
            "a GIF of 65,535 by 65,535",
            "gif",
            b"GIF89a\xFF\xFF\xFF\xFF\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\xFF\xFF\xFF\xFF\0\x02",
        ),
        named("deflated zeros", "jpg", &zeros(100 << 20)),
        named("segments without a length", "mkv", &matroska(&b"\x18\x53\x80\x67\xFF".repeat(1 << 18))),
        named(
            "elements of all the bytes that there can be",
            "mkv",
            &matroska(b"\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFE"),
        ),
        named(
            "a bitmap of two billion lines",
            "bmp",
            b"BM\xFF\xFF\xFF\xFF\0\0\0\0\x36\0\0\0\x28\0\0\0\xFF\xFF\xFF\x7F\xFF\xFF\xFF\x7F\x01\0\x20\0",
        ),
        named("a sound", "wav", b"RIFF\xFF\xFF\xFF\xFFWAVEfmt \xFF\xFF\xFF\xFF"),
        named(
            "a raw photo of Fuji's",
            "raf",
            b"FUJIFILMCCD-RAW 0201\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
        ),
        named("a raw photo of Canon's", "cr3", &boxed(b"ftyp", b"crx \0\0\0\x01crx isom")),
    ]
}
