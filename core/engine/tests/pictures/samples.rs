//! Real camera files, whose folder is in `SATCHEL_SAMPLES`.

use std::fs::{self, File};
use std::path::PathBuf;

use satchel::metadata;
use satchel::previews::Form;

use crate::{previews, redact};

fn sample(name: &str) -> PathBuf {
    let samples = std::env::var_os("SATCHEL_SAMPLES").expect("SATCHEL_SAMPLES names the folder");
    PathBuf::from(samples).join(name)
}

fn jpegs() -> Vec<PathBuf> {
    let mut found: Vec<_> = ["camera", "orientation", "odd"]
        .iter()
        .flat_map(|folder| fs::read_dir(sample(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "jpg"))
        // This one ends in the middle of its scan.
        .filter(|path| !path.ends_with("User Comment Encoding.jpg"))
        .collect();
    found.sort();
    assert!(found.len() > 20);
    found
}

#[test]
#[ignore = "foreign: samples"]
fn real_photos_become_both_renditions() {
    for path in jpegs() {
        let bytes = fs::read(&path).unwrap();
        let press = previews::checked(&bytes, Form::Press);
        assert!(press.width.max(press.height) >= 1536, "{}: {} x {}", path.display(), press.width, press.height);
        let preview = previews::checked(&bytes, Form::Preview);
        assert!(preview.width.max(preview.height) >= 360, "{}: {}", path.display(), preview.width);
    }
    previews::checked(&fs::read(sample("odd/large.png")).unwrap(), Form::Press);
}

#[test]
#[ignore = "foreign: samples"]
fn one_scene_in_eight_orientations_becomes_one_picture() {
    let made: Vec<_> = (1..=8)
        .map(|n| fs::read(sample(&format!("orientation/Landscape_{n}.jpg"))).unwrap())
        .map(|bytes| previews::checked(&bytes, Form::Preview))
        .collect();
    let pixels: Vec<_> = made.iter().map(|made| crate::made::pixels(&made.jpeg)).collect();
    let shrunk = |(rgb, width, height): &(Vec<u8>, usize, usize)| crate::made::corners(rgb, *width, *height);
    for (n, one) in (1..).zip(&pixels) {
        assert!(one.1 > one.2, "orientation {n}: {} x {}", one.1, one.2);
        assert!(crate::made::like(shrunk(one), shrunk(&pixels[0])), "orientation {n}");
    }
}

#[test]
#[ignore = "foreign: samples"]
fn real_photos_lose_their_metadata_and_keep_their_pixels() {
    for path in jpegs() {
        let bytes = fs::read(&path).unwrap();
        let (out, done) = redact::clean(&bytes);
        assert!(done.removed > 0 || path.to_string_lossy().contains("Landscape"), "{}", path.display());
        assert!(crate::made::pixels(&out) == crate::made::pixels(&bytes), "{}", path.display());
    }
}

#[test]
#[ignore = "foreign: samples"]
fn what_real_files_say() {
    type Said = (&'static str, Option<&'static str>, Option<(f64, f64)>, Option<u8>, Option<&'static str>, (u32, u32));
    let known: [Said; 11] = [
        (
            "camera/Apple iPhone 4S.jpg",
            Some("2012-08-26T15:53:03"),
            None,
            Some(6),
            Some("Apple iPhone 4S"),
            (3264, 2448),
        ),
        (
            "camera/Apple iPhone 5.jpg",
            Some("2012-09-29T16:11:25"),
            Some((47.627_167, -122.337_333)),
            Some(3),
            Some("Apple iPhone 5"),
            (3264, 2448),
        ),
        ("camera/Canon EOS 5D.jpg", Some("2005-09-25T00:31:00"), None, Some(1), Some("Canon EOS 5D"), (2912, 4368)),
        ("camera/HTC One.jpg", Some("2013-05-29T09:33:20"), None, Some(1), Some("HTC One"), (2688, 1520)),
        (
            "camera/Nexus 4.jpg",
            Some("2013-01-20T18:54:08"),
            Some((51.562_466, -0.077_332)),
            None,
            Some("LGE Nexus 4"),
            (2448, 3264),
        ),
        (
            "camera/Oppo R7 Plus.jpg",
            Some("2018-07-16T17:52:22"),
            Some((60.267_464, 8.771_132)),
            None,
            Some("OPPO R7plusf"),
            (3120, 4160),
        ),
        ("odd/large.png", None, None, None, None, (724, 1024)),
        (
            "video/with-gps.mov",
            Some("2019-07-24T11:25:40+03:00"),
            Some((32.0929, 34.8620)),
            None,
            Some("Apple iPhone 6"),
            (568, 320),
        ),
        ("video/with-gps.mp4", Some("2017-02-22T08:20:28Z"), Some((51.4169, -0.0806)), None, None, (1920, 1080)),
        ("video/sample_iTunes.mov", Some("2005-10-17T22:54:32Z"), None, None, None, (640, 480)),
        ("video/ftyp3gp5.mp4", Some("2020-10-23T20:27:29Z"), None, None, None, (1280, 720)),
    ];
    for (name, taken, place, orientation, camera, size) in known {
        let said = metadata::read(&mut File::open(sample(name)).unwrap());
        assert_eq!(said.taken.as_deref(), taken, "{name}");
        assert_eq!(said.place.is_some(), place.is_some(), "{name}: {:?}", said.place);
        if let (Some(said), Some(known)) = (said.place, place) {
            let off = (said.0 - known.0).abs().max((said.1 - known.1).abs());
            assert!(off < 0.000_01, "{name}: {said:?}");
        }
        assert_eq!((said.orientation, said.camera.as_deref()), (orientation, camera), "{name}");
        assert_eq!((said.width, said.height), (Some(size.0), Some(size.1)), "{name}");
    }
    for name in ["heic/IMG_1034.heic", "heic/IMG_2927.HEIC"] {
        let said = metadata::read(&mut File::open(sample(name)).unwrap());
        assert!(said.taken.is_some() && said.camera.is_some_and(|camera| camera.contains("iPhone")), "{name}");
    }
    for entry in fs::read_dir(sample("odd")).unwrap() {
        metadata::read(&mut File::open(entry.unwrap().path()).unwrap());
    }
}
