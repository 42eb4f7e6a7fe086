//! What pictures and films say, and that garbage says nothing.

use std::io::{Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;
use satchel::metadata::{self, MOST, MOST_FILM, Metadata};
use satchel_testkit::samples::{Kind, SampleSet};

use crate::made::{self, Jpeg};
use crate::memory::peak;

fn read(bytes: &[u8]) -> Metadata {
    metadata::read(&mut Cursor::new(bytes))
}

const XMP: &str = r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:d="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
  xmlns:o="http://example.org/" xmp:Rating="4">
 <d:description><r:Alt><r:li xml:lang="de">F&#228;hre</r:li><r:li xml:lang="x-default">Tea &amp; ferry
at <![CDATA[<six>]]></r:li><r:li xml:lang="fr">Bac</r:li></r:Alt></d:description>
 <d:subject><r:Bag><r:li> lake </r:li><r:li>dawn</r:li><r:li>lake</r:li><r:li/><r:li></r:li></r:Bag></d:subject>
 <o:subject><r:Bag><r:li>not this</r:li></r:Bag></o:subject>
 <d:creator><r:Seq><r:li>nor this</r:li></r:Seq></d:creator>
</r:Description></r:RDF></x:xmpmeta><?xpacket end="w"?>"#;

fn in_every_container(packet: &str) -> [Vec<u8>; 3] {
    let jpeg = Jpeg::default().scene(60, 40);
    let content = [b"http://ns.adobe.com/xap/1.0/\0", packet.as_bytes()].concat();
    let segment = [&[0xFF, 0xE1][..], &(content.len() as u16 + 2).to_be_bytes(), &content].concat();
    let jpeg = [&jpeg[..2], &segment, &jpeg[2..]].concat();
    let text = [b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat();
    let png = made::png_with_chunk(&made::png_scene(60, 40), b"iTXt", &text);
    let mut webp = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut webp);
    encoder.set_xmp_metadata(packet.into());
    encoder.encode(&made::scene(60, 40), 60, 40, image_webp::ColorType::Rgb8).unwrap();
    [jpeg, png, webp]
}

#[test]
fn captions_and_tags_in_every_container() {
    for bytes in in_every_container(XMP) {
        let found = read(&bytes);
        assert_eq!(found.caption.as_deref(), Some("Tea & ferry\nat <six>"));
        assert_eq!(found.tags, ["lake", "dawn"]);
        assert_eq!(found.rating, Some(4));
        assert_eq!((found.width, found.height), (Some(60), Some(40)));
    }
}

#[test]
fn ratings_as_elements_and_none() {
    let with = |rating: &str| {
        let inside = format!("<xmp:Rating>{rating}</xmp:Rating>");
        let xmp = XMP.replace(" xmp:Rating=\"4\"", "").replace("<o:subject>", &format!("{inside}<o:subject>"));
        read(&in_every_container(&xmp)[0]).rating
    };
    assert_eq!([with("5"), with("3.0"), with("0"), with("-1"), with("many")], [Some(5), Some(3), None, None, None]);
}

#[test]
fn exif_in_every_container() {
    let jpeg = Jpeg { orientation: 6, ..Jpeg::default() }.scene(60, 40);
    let png = made::png_with_chunk(&made::png_scene(60, 40), b"eXIf", &made::tiff(6));
    let mut webp = Vec::new();
    let mut encoder = image_webp::WebPEncoder::new(&mut webp);
    encoder.set_exif_metadata(made::tiff(6));
    encoder.encode(&made::scene(60, 40), 60, 40, image_webp::ColorType::Rgb8).unwrap();
    for bytes in [jpeg, png, webp] {
        let found = read(&bytes);
        assert_eq!(found, Metadata { orientation: Some(6), width: Some(60), height: Some(40), ..Metadata::default() });
    }
}

#[test]
fn a_days_photos_say_when_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let made = satchel_testkit::samples::make(dir.path(), 5, SampleSet::Small).unwrap();
    let mut places = 0;
    for photo in made.iter().filter(|made| made.kind == Kind::Photo) {
        let found = metadata::read(&mut std::fs::File::open(&photo.path).unwrap());
        let (day, time) = photo.taken.as_deref().unwrap().split_once(' ').unwrap();
        let taken = format!("{}T{time}+09:00", day.replace(':', "-"));
        assert_eq!(found.taken, Some(taken), "{}", photo.path.display());
        let (latitude, longitude) = found.place.unwrap();
        assert!((20.0..50.0).contains(&latitude) && (120.0..150.0).contains(&longitude), "{latitude} {longitude}");
        assert!(found.camera.is_some_and(|camera| camera.contains(' ')));
        assert_eq!((found.width, found.height), (Some(640), Some(480)));
        places += 1;
    }
    assert!(places > 5);
}

/// Counts what is read.
struct Counting<R>(R, u64);

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.read(into)?;
        self.1 += count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Counting<R> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn no_length_makes_it_read_or_hold_more_than_its_bound() {
    let long = |start: &[u8]| {
        let mut bytes = start.to_vec();
        bytes.resize(40 << 20, 0x20);
        bytes
    };
    let film = [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), b"\x7F\xFF\xFF\xFFmoov"].concat();
    let free =
        [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), b"\0\0\0\x08free".repeat(1 << 20).as_slice()].concat();
    let many = b"\0\0\0\x08free".repeat(1 << 20);
    let inside = [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), b"\0\x80\0\x08moov", &many].concat();
    let tracks = b"\0\0\0\x08trak".repeat(1 << 20);
    let tracks = [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), b"\0\x80\0\x08moov", &tracks].concat();
    let boxes = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &many].concat();
    let items = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), b"\0\x80\0\x0Cmeta\0\0\0\0", &many].concat();
    let segments = [b"\xFF\xD8".as_slice(), &b"\xFF\xFE\0\x02".repeat(1 << 20)].concat();
    let fill = [b"\xFF\xD8".as_slice(), &[0xFF; 4 << 20]].concat();
    let chunks = b"\0\0\0\0tEXt\0\0\0\0".repeat(1 << 18);
    let chunks = [b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR".as_slice(), &[0; 17], &chunks].concat();
    let pieces = [b"RIFF\xFF\xFF\xFF\x7FWEBP".as_slice(), &b"ABCD\0\0\0\0".repeat(1 << 19)].concat();
    // A directory of 65,535 entries that is its own successor, and its own EXIF.
    let entries = b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0".repeat(65_535);
    let directory = [b"II*\0\x08\0\0\0\xFF\xFF".as_slice(), &entries, b"\x08\0\0\0"].concat();
    let ebml = [b"\x1A\x45\xDF\xA3\x80".as_slice(), &b"\x18\x53\x80\x67\x80".repeat(1 << 19)].concat();
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), b"\x7F\xFF\xFF\xFFmeta"].concat();
    let webp = [b"RIFF\xFF\xFF\xFF\x7FWEBP".as_slice(), b"XMP \xFF\xFF\xFF\x7F"].concat();
    let png = [b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR".as_slice(), &[0; 17], b"\x7F\xFF\xFF\xFFiTXt"].concat();
    let jpeg = [b"\xFF\xD8".as_slice(), b"\xFF\xE1\xFF\xFFExif\0\0"].concat();
    let tiff = b"II*\0\xFF\xFF\xFF\x7F".to_vec();
    for start in [
        &film, &free, &inside, &tracks, &boxes, &items, &segments, &fill, &chunks, &pieces, &directory, &ebml, &heic,
        &webp, &png, &jpeg, &tiff,
    ] {
        let mut source = Counting(Cursor::new(long(start)), 0);
        let (_, used) = peak(|| metadata::read(&mut source));
        // Once for the boxes, once by the parser.
        assert!(source.1 <= MOST + MOST_FILM + 12, "read {} of {}", source.1, start[..12].escape_ascii());
        assert!(used <= 40 << 20, "held {used} for {}", start[..12].escape_ascii());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]
    #[test]
    fn damaged_files_never_panic(
        which in 0usize..5,
        flips in prop::collection::vec((any::<u32>(), any::<u8>()), 1..20),
        cut in any::<u32>(),
    ) {
        let [jpeg, png, webp] = in_every_container(XMP);
        let exif = Jpeg { orientation: 3, ..Jpeg::default() }.scene(20, 20);
        let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x74moov\0\0\0\x6Cmvhd".to_vec();
        let film = [film, vec![0; 200]].concat();
        let mut bytes = [jpeg, png, webp, exif, film][which].clone();
        for (at, value) in flips {
            // The headers are where it matters.
            let at = at as usize % bytes.len().min(1200);
            bytes[at] = value;
        }
        bytes.truncate(cut as usize % (bytes.len() * 2) + 1);
        let (_, used) = peak(|| read(&bytes));
        prop_assert!(used < 40 << 20, "held {}", used);
    }

    #[test]
    fn any_xml_is_survived(text in "[<>/a-z:&;#\"= \\[\\]!?-]{0,200}") {
        let packet = XMP.replace("<d:subject>", &text);
        read(&in_every_container(&packet)[0]);
    }
}
