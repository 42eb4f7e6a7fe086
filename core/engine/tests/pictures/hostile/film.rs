//! QuickTime, MP4 and HEIC: boxes that are too many, too long or within themselves.

use super::bits::boxed;
use super::{Case, case};

/// Of a film, a QuickTime film, a photo.
fn started(brand: &[u8; 4]) -> Vec<u8> {
    boxed(b"ftyp", &[&brand[..], &[0; 4], b"mp42isom"].concat())
}

/// A full box: version and flags first.
fn full(name: &[u8; 4], version: u8, content: &[u8]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0][..], content].concat())
}

pub(super) fn cases() -> Vec<Case> {
    let film = |name: &str, inside: &[u8]| case(format!("film: {name}"), "mp4", [&started(b"mp42"), inside].concat());
    let clip = |name: &str, inside: &[u8]| case(format!("film: {name}"), "mov", [&started(b"qt  "), inside].concat());
    let heic = |name: &str, inside: &[u8]| case(format!("heic: {name}"), "heic", [&started(b"heic"), inside].concat());
    let index = |inside: &[u8]| boxed(b"moov", inside);
    let handler = full(b"hdlr", 0, &[&[0; 4][..], b"mdta", &[0; 13]].concat());
    let nested = |name: &[u8; 4], depth: usize| (0..depth).fold(vec![], |inside, _| boxed(name, &inside));
    let words = |keys: &[u8], list: &[u8]| index(&boxed(b"meta", &[&handler[..], keys, list].concat()));
    let items = |inside: &[u8]| {
        full(b"meta", 0, &[&full(b"hdlr", 0, &[&[0; 4][..], b"pict", &[0; 13]].concat()), inside].concat())
    };
    let empty = boxed(b"free", &[]);
    let mut cases = vec![
        film("its type alone", &[]),
        film("an index of four billion bytes, they say", b"\xFF\xFF\xFF\xFFmoov"),
        film("an index of all the bytes that there can be", b"\0\0\0\x01moov\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
        film("an index of fewer bytes than its header", b"\0\0\0\x04moov"),
        film("an index to the end, which is here", b"\0\0\0\0moov"),
        film("a million empty boxes", &empty.repeat(1 << 20)),
        film("an index of a million empty boxes", &index(&empty.repeat(1 << 20))),
        film("an index of half a million tracks", &index(&boxed(b"trak", &[]).repeat(1 << 19))),
        film("an index within an index, five thousand deep", &nested(b"moov", 5000)),
        film("tracks within tracks, a hundred thousand deep", &index(&nested(b"trak", 20_000))),
        film("a header that is cut", &index(&boxed(b"mvhd", &[0; 3]))),
        film("a time at the end of all times", &index(&full(b"mvhd", 1, &[0xFF; 108]))),
        film("a time before all times", &index(&full(b"mvhd", 0, &[0; 96]))),
        film("no time a second", &index(&full(b"mvhd", 0, &[1; 96]))),
        film("a place of noise", &index(&boxed(b"udta", &boxed(b"\xA9xyz", b"\xFF\xFF\0\0+99999999999999-9e999/")))),
        film("a place that is longer than its box", &index(&boxed(b"udta", &boxed(b"loci", &[0xFF; 9])))),
        clip("four billion keys", &words(&full(b"keys", 0, &[0xFF; 4]), &boxed(b"ilst", &[]))),
        clip("keys of no length", &words(&full(b"keys", 0, &[&[0, 0, 0xFF, 0xFF][..], &[0; 400]].concat()), &[])),
        clip("values of keys that there are not", &{
            let value = boxed(b"data", &[0, 0, 0, 1, 0, 0, 0, 0, b'x']);
            words(&full(b"keys", 0, &[0; 4]), &boxed(b"ilst", &boxed(&[0xFF; 4], &value).repeat(2000)))
        }),
        clip("values that are longer than their boxes", &{
            let key = [&[0, 0, 0, 1][..], &boxed(b"mdta", b"com.apple.quicktime.location.ISO6709")].concat();
            let value = boxed(&[0, 0, 0, 1], b"\xFF\xFF\xFF\xFFdata\0\0\0\x01");
            words(&full(b"keys", 0, &key), &boxed(b"ilst", &value))
        }),
        heic("its type alone", &[]),
        heic("four billion items", &items(&full(b"iinf", 1, &[0xFF; 4]))),
        heic(
            "65,535 items without names",
            &items(&full(b"iinf", 0, &[&[0xFF, 0xFF][..], &full(b"infe", 2, &[0; 8]).repeat(65_535)].concat())),
        ),
        heic(
            "an item without an end to its name",
            &items(&full(b"iinf", 0, &[&[0, 1][..], &full(b"infe", 2, b"\0\x01\0\0Exif")].concat())),
        ),
        heic("places of items with sizes of 15", &items(&full(b"iloc", 1, &[0xFF; 60]))),
        heic(
            "65,535 pieces of one item",
            &items(&full(b"iloc", 0, &[&[0x44, 0, 0, 1, 0, 1, 0, 0, 0xFF, 0xFF][..], &[0; 4000]].concat())),
        ),
        heic("EXIF that lies behind the end", &{
            let info = full(b"iinf", 0, &[&[0, 1][..], &full(b"infe", 2, b"\0\x01\0\0Exif\0")].concat());
            let place = full(b"iloc", 0, b"\x44\0\0\x01\0\x01\0\0\0\x01\xFF\xFF\xFF\xF0\xFF\xFF\xFF\xFF");
            items(&[info, place].concat())
        }),
        heic("EXIF whose offset is all there is", &{
            let info = full(b"iinf", 0, &[&[0, 1][..], &full(b"infe", 2, b"\0\x01\0\0Exif\0")].concat());
            let place = full(b"iloc", 0, b"\x44\0\0\x01\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x18");
            [items(&[info, place].concat()), vec![0xFF; 64]].concat()
        }),
        heic("boxes without end", &items(&empty.repeat(1 << 18))),
    ];
    let whole =
        [started(b"mp42"), index(&[full(b"mvhd", 0, &[7; 96]), boxed(b"trak", &full(b"tkhd", 0, &[1; 80]))].concat())]
            .concat();
    for part in [3, 7, 13, 30, 35, 45, 100, whole.len() - 1] {
        cases.push(case(format!("film: cut at {part}"), "mov", whole[..part].to_vec()));
    }
    cases
}
