//! Telling photos and videos from everything else, by their first bytes or their names.
//!
//! Media types are those of the IANA registry where it has one; cameras' own raw formats have none there and
//! get the `image/x-…` names that desktops use (freedesktop.org's shared-mime-info).

use std::ffi::OsStr;
use std::path::Path;

use satchel_kernel::state::AssetKind;

/// How many first bytes are worth having: three packets of an MPEG transport stream are found in them.
pub const HEAD: usize = 512;

/// The media type of what is neither.
pub const UNKNOWN: &str = "application/octet-stream";

/// What something is.
type Kind = (AssetKind, &'static str);

/// The media type of plain TIFF, in which several cameras wrap their raw pictures.
const TIFF: &str = "image/tiff";

/// What a file is, by its first bytes (up to [`HEAD`], fewer will do); by its name where they say nothing, or
/// only that it is some TIFF. `None` when it is neither photo nor video.
pub fn kind_of(name: &OsStr, head: &[u8]) -> Option<Kind> {
    let by_name = by_extension(name);
    match by_magic(head) {
        Some((_, TIFF)) if by_name.is_some_and(|(_, media_type)| in_tiff(media_type)) => by_name,
        Some(kind) => Some(kind),
        None => by_name,
    }
}

/// What a file is, by the extension of its name, in any case.
pub fn by_extension(name: &OsStr) -> Option<Kind> {
    let extension = Path::new(name).extension()?.to_str()?.to_ascii_lowercase();
    let photo = |media_type| Some((AssetKind::Photo, media_type));
    let video = |media_type| Some((AssetKind::Video, media_type));
    match extension.as_str() {
        "jpg" | "jpeg" | "jpe" | "jfif" => photo("image/jpeg"),
        "png" => photo("image/png"),
        "webp" => photo("image/webp"),
        "gif" => photo("image/gif"),
        "heic" | "hif" => photo("image/heic"),
        "heif" => photo("image/heif"),
        "avif" => photo("image/avif"),
        "jxl" => photo("image/jxl"),
        "tif" | "tiff" => photo(TIFF),
        "bmp" => photo("image/bmp"),
        "dng" => photo("image/x-adobe-dng"),
        "cr2" => photo("image/x-canon-cr2"),
        "cr3" => photo("image/x-canon-cr3"),
        "nef" | "nrw" => photo("image/x-nikon-nef"),
        "arw" => photo("image/x-sony-arw"),
        "pef" => photo("image/x-pentax-pef"),
        "srw" => photo("image/x-samsung-srw"),
        "raf" => photo("image/x-fuji-raf"),
        "orf" => photo("image/x-olympus-orf"),
        "rw2" => photo("image/x-panasonic-rw2"),
        "mp4" => video("video/mp4"),
        "m4v" => video("video/x-m4v"),
        "mov" | "qt" => video("video/quicktime"),
        "3gp" => video("video/3gpp"),
        "3g2" => video("video/3gpp2"),
        "avi" => video("video/x-msvideo"),
        "mkv" => video("video/x-matroska"),
        "webm" => video("video/webm"),
        // Not `ts`: that is a program's source more often than a video.
        "mts" | "m2ts" => video("video/mp2t"),
        "mpg" | "mpeg" => video("video/mpeg"),
        _ => None,
    }
}

/// What some bytes are the beginning of.
pub fn by_magic(head: &[u8]) -> Option<Kind> {
    let photo = |media_type| Some((AssetKind::Photo, media_type));
    let video = |media_type| Some((AssetKind::Video, media_type));
    match head {
        [0xFF, 0xD8, 0xFF, ..] | [0xFF, 0xD8] => photo("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => photo("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => photo("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, form @ ..] if form.starts_with(b"WEBP") => photo("image/webp"),
        [b'R', b'I', b'F', b'F', _, _, _, _, form @ ..] if form.starts_with(b"AVI ") => video("video/x-msvideo"),
        // Byte 14 begins the info header, whose length is one of few: "BM" alone begins many a text.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, _, _, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => {
            photo("image/bmp")
        }
        [b'F', b'U', b'J', b'I', b'F', b'I', b'L', b'M', b'C', b'C', b'D', b'-', b'R', b'A', b'W', ..] => {
            photo("image/x-fuji-raf")
        }
        [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => photo("image/x-olympus-orf"),
        [b'I', b'I', b'U', 0, ..] => photo("image/x-panasonic-rw2"),
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', 2, ..] => photo("image/x-canon-cr2"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => photo(TIFF),
        [0xFF, 0x0A, ..] => photo("image/jxl"),
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => photo("image/jxl"),
        [0x1A, 0x45, 0xDF, 0xA3, header @ ..] => {
            let is_webm = header.windows(7).take(64).any(|w| w == b"\x42\x82\x84webm");
            video(if is_webm { "video/webm" } else { "video/x-matroska" })
        }
        [0, 0, 1, 0xBA | 0xB3, ..] => video("video/mpeg"),
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => by_brands(brands),
        // QuickTime before it had brands; the length of such a first atom keeps its high byte small.
        [0..=15, _, _, _, kind @ ..]
            if kind.starts_with(b"moov") || kind.starts_with(b"wide") || kind.starts_with(b"mdat") =>
        {
            video("video/quicktime")
        }
        _ if packets(head, 0, 188) || packets(head, 4, 192) => video("video/mp2t"),
        _ => None,
    }
}

/// ISO/IEC 14496-12 §4.3: the major brand, a version, then compatible brands.
fn by_brands(brands: &[u8]) -> Option<Kind> {
    let major = brands.get(..4)?;
    let compatible = |brand: &[u8; 4]| brands.get(8..).is_some_and(|b| b.chunks_exact(4).take(16).any(|c| c == brand));
    let photo = |media_type| Some((AssetKind::Photo, media_type));
    let video = |media_type| Some((AssetKind::Video, media_type));
    match major {
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"hevm" | b"hevs" => photo("image/heic"),
        b"avif" | b"avis" => photo("image/avif"),
        b"mif1" | b"mif2" | b"msf1" if compatible(b"avif") || compatible(b"avis") => photo("image/avif"),
        b"mif1" | b"mif2" | b"msf1" if compatible(b"heic") || compatible(b"heix") => photo("image/heic"),
        b"mif1" | b"mif2" | b"msf1" => photo("image/heif"),
        b"crx " => photo("image/x-canon-cr3"),
        b"qt  " => video("video/quicktime"),
        b"M4V " | b"M4VH" | b"M4VP" => video("video/x-m4v"),
        [b'3', b'g', b'2', _] => video("video/3gpp2"),
        [b'3', b'g', ..] => video("video/3gpp"),
        [b'i', b's', b'o', _] | [b'm', b'p', b'4', b'1' | b'2'] | b"mp71" | b"mmp4" => video("video/mp4"),
        b"avc1" | b"av01" | b"hvc1" | b"dash" | b"MSNV" | b"XAVC" | b"f4v " | b"niko" | b"pana" => video("video/mp4"),
        _ => None,
    }
}

/// Whether three packets in a row begin with a transport stream's sync byte (ISO/IEC 13818-1 §2.4.3.2).
fn packets(head: &[u8], first: usize, length: usize) -> bool {
    (0..3).all(|n| head.get(first + n * length) == Some(&0x47))
}

/// Whether pictures of this type begin like any TIFF.
fn in_tiff(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/x-adobe-dng"
            | "image/x-canon-cr2"
            | "image/x-nikon-nef"
            | "image/x-sony-arw"
            | "image/x-pentax-pef"
            | "image/x-samsung-srw"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kind(name: &str, head: &[u8]) -> Option<&'static str> {
        kind_of(OsStr::new(name), head).map(|(_, media_type)| media_type)
    }

    fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 8 + 4 * (brands.len() as u8 + 1)];
        bytes.extend(b"ftyp");
        bytes.extend(brands[0]);
        bytes.extend([0; 4]);
        brands[1..].iter().for_each(|b| bytes.extend(*b));
        bytes
    }

    #[test]
    fn every_named_extension_is_known() {
        let photos = "jpg jpeg png webp gif heic heif avif tif tiff dng cr2 cr3 nef arw raf orf rw2 bmp JPG Jpeg DNG";
        let videos = "mp4 mov m4v 3gp avi mkv webm mts mpg MP4 MOV";
        for (list, kind) in [(photos, AssetKind::Photo), (videos, AssetKind::Video)] {
            for extension in list.split(' ') {
                let name = format!("IMG.0001.{extension}");
                assert_eq!(by_extension(OsStr::new(&name)).map(|(k, _)| k), Some(kind), "{name}");
            }
        }
        for name in ["notes.txt", "jpg", ".jpg", "a.xmp", "a.jpg.part", "main.ts", "song.mp3", ""] {
            assert_eq!(by_extension(OsStr::new(name)), None, "{name}");
        }
    }

    #[test]
    fn bytes_are_believed_before_names() {
        assert_eq!(kind("x.png", b"\xFF\xD8\xFF\xE1"), Some("image/jpeg"));
        assert_eq!(kind("x", b"\x89PNG\r\n\x1a\n"), Some("image/png"));
        assert_eq!(kind("x", b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(kind("x", b"RIFF\0\0\0\0AVI LIST"), Some("video/x-msvideo"));
        assert_eq!(kind("x", b"RIFF\0\0\0\0WAVEfmt "), None);
        assert_eq!(kind("x", b"GIF89a"), Some("image/gif"));
        assert_eq!(kind("x", b"FUJIFILMCCD-RAW 0201"), Some("image/x-fuji-raf"));
        assert_eq!(kind("x", b"IIRO\x08\0\0\0"), Some("image/x-olympus-orf"));
        assert_eq!(kind("x", b"IIU\0\x18\0\0\0"), Some("image/x-panasonic-rw2"));
        assert_eq!(kind("x", b"\0\0\x01\xba!\0"), Some("video/mpeg"));
        assert_eq!(kind("x", b"\0\0\0\x08wide\0\0\0\0mdat"), Some("video/quicktime"));
        assert_eq!(kind("x", b"I'm wide awake"), None);
        assert_eq!(kind("x", b"BM, the quick brown fox jumps"), None);
        assert_eq!(kind("x", b"BM\x9a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01"), Some("image/bmp"));
        assert_eq!(kind("x.jpg", b"<html>"), Some("image/jpeg"));
        assert_eq!(kind("x.txt", b"hello"), None);
    }

    #[test]
    fn raw_pictures_in_tiff_keep_their_names() {
        let (little, big) = (b"II*\0\x08\0\0\0\0\0\0\0", b"MM\0*\0\0\0\x08\0\0\0\0");
        assert_eq!(kind("x.NEF", big), Some("image/x-nikon-nef"));
        assert_eq!(kind("x.arw", little), Some("image/x-sony-arw"));
        assert_eq!(kind("x.dng", little), Some("image/x-adobe-dng"));
        assert_eq!(kind("x.jpg", little), Some(TIFF));
        assert_eq!(kind("x", little), Some(TIFF));
        assert_eq!(kind("x", b"II*\0\x10\0\0\0CR\x02\0"), Some("image/x-canon-cr2"));
    }

    #[test]
    fn brands_tell_the_iso_family_apart() {
        assert_eq!(kind("x", &ftyp(&[b"heic", b"mif1"])), Some("image/heic"));
        assert_eq!(kind("x", &ftyp(&[b"mif1", b"mif1", b"heic"])), Some("image/heic"));
        assert_eq!(kind("x", &ftyp(&[b"mif1", b"avif"])), Some("image/avif"));
        assert_eq!(kind("x", &ftyp(&[b"mif1"])), Some("image/heif"));
        assert_eq!(kind("x", &ftyp(&[b"avif", b"mif1"])), Some("image/avif"));
        assert_eq!(kind("x", &ftyp(&[b"crx "])), Some("image/x-canon-cr3"));
        assert_eq!(kind("x", &ftyp(&[b"isom", b"avc1"])), Some("video/mp4"));
        assert_eq!(kind("x", &ftyp(&[b"mp42"])), Some("video/mp4"));
        assert_eq!(kind("x", &ftyp(&[b"qt  "])), Some("video/quicktime"));
        assert_eq!(kind("x", &ftyp(&[b"3gp5"])), Some("video/3gpp"));
        assert_eq!(kind("x", &ftyp(&[b"3g2a"])), Some("video/3gpp2"));
        assert_eq!(kind("x", &ftyp(&[b"M4A "])), None);
        assert_eq!(kind("x.mp4", &ftyp(&[b"zzzz"])), Some("video/mp4"));
    }

    #[test]
    fn matroska_and_transport_streams() {
        let mut head =
            b"\x1A\x45\xDF\xA3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08"
                .to_vec();
        head.extend(b"\x42\x82\x84webm");
        assert_eq!(kind("x", &head), Some("video/webm"));
        let end = head.len() - 5;
        head.truncate(end);
        head.extend(b"\x88matroska");
        assert_eq!(kind("x", &head), Some("video/x-matroska"));
        for (first, length) in [(0, 188), (4, 192)] {
            let mut head = vec![0; HEAD];
            (0..3).for_each(|n| head[first + n * length] = 0x47);
            assert_eq!(kind("x", &head), Some("video/mp2t"));
            head[first + length] = 0;
            assert_eq!(kind("x", &head), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_and_names_are_judged(name in ".*", head in prop::collection::vec(any::<u8>(), 0..HEAD)) {
            if let Some((kind, media_type)) = kind_of(OsStr::new(&name), &head) {
                let photo = media_type.starts_with("image/");
                prop_assert_eq!(kind, if photo { AssetKind::Photo } else { AssetKind::Video });
                prop_assert!(photo || media_type.starts_with("video/"));
            }
        }

        #[test]
        fn text_is_never_taken_for_a_picture(head in "[ -~\n\t]{0,512}") {
            prop_assert_eq!(by_magic(head.as_bytes()).filter(|_| !looks_like_magic(head.as_bytes())), None);
        }

        #[test]
        fn the_name_decides_where_bytes_say_nothing(stem in "[a-z]{1,8}", head in "[a-z]{0,64}") {
            let name = format!("{stem}.jpg");
            prop_assert_eq!(kind_of(OsStr::new(&name), head.as_bytes()), Some((AssetKind::Photo, "image/jpeg")));
        }
    }

    /// The magics that consist of letters.
    fn looks_like_magic(head: &[u8]) -> bool {
        [&b"GIF8"[..], b"RIFF", b"IIR", b"MMOR", b"FUJIFILM"].iter().any(|m| head.starts_with(m))
            || head.get(4..8) == Some(b"ftyp")
            || packets(head, 0, 188)
            || packets(head, 4, 192)
    }
}
