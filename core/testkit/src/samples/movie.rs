//! A video without a video encoder: JPEG pictures one after the other in a QuickTime file (Apple's QuickTime
//! File Format, sample description `jpeg`).

use super::day::{Shot, TAKEN};

/// Seconds from 1904, where QuickTime's time begins, to 1970.
const EPOCH: u64 = 2_082_844_800;
/// Ticks a second of every clock in the file.
const TIMESCALE: u32 = 600;

/// Frames that follow each other at a steady pace.
pub(super) struct Movie<'a> {
    pub(super) shot: &'a Shot,
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) frames_per_second: u32,
    /// JPEG files.
    pub(super) frames: Vec<&'a [u8]>,
}

impl Movie<'_> {
    /// The file's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut file = atom(b"ftyp", &[b"qt  \0\0\x02\0qt  "]);
        let first_frame = file.len() as u32 + 8;
        file.extend(atom(b"mdat", &self.frames));
        file.extend(self.moov(first_frame));
        file
    }

    fn frame_ticks(&self) -> u32 {
        TIMESCALE / self.frames_per_second
    }

    fn moov(&self, first_frame: u32) -> Vec<u8> {
        let duration = (self.frames.len() as u32 * self.frame_ticks()).to_be_bytes();
        let created = ((EPOCH + TAKEN + u64::from(self.shot.seconds)) as u32).to_be_bytes();
        let mvhd = atom(
            b"mvhd",
            &[
                &[0; 4],
                &created,
                &created,
                &TIMESCALE.to_be_bytes(),
                &duration,
                &0x1_0000u32.to_be_bytes(),
                &0x100u16.to_be_bytes(),
                &[0; 10],
                &IDENTITY,
                &[0; 24],
                &2u32.to_be_bytes(),
            ],
        );
        let tkhd = atom(
            b"tkhd",
            &[
                // Version 0; enabled, in the movie, in the preview.
                &[0, 0, 0, 7],
                &created,
                &created,
                &1u32.to_be_bytes(),
                &[0; 4],
                &duration,
                &[0; 16],
                &IDENTITY,
                &(u32::from(self.width) << 16).to_be_bytes(),
                &(u32::from(self.height) << 16).to_be_bytes(),
            ],
        );
        let mdhd =
            atom(b"mdhd", &[&[0; 4], &created, &created, &TIMESCALE.to_be_bytes(), &duration, &[0x55, 0xc4, 0, 0]]);
        let handler = atom(b"hdlr", &[&[0; 4], b"mhlrvide", &[0; 12], b"\x05Video"]);
        let vmhd = atom(b"vmhd", &[&[0, 0, 0, 1], &[0; 8]]);
        let data_handler = atom(b"hdlr", &[&[0; 4], b"dhlralis", &[0; 12], b"\x04File"]);
        // The flag says that the data is in this very file.
        let reference = atom(b"alis", &[&[0, 0, 0, 1]]);
        let dinf = atom(b"dinf", &[&atom(b"dref", &[&[0; 4], &1u32.to_be_bytes(), &reference])]);
        let minf = atom(b"minf", &[&vmhd, &data_handler, &dinf, &self.sample_table(first_frame)]);
        let mdia = atom(b"mdia", &[&mdhd, &handler, &minf]);
        let trak = atom(b"trak", &[&tkhd, &mdia]);
        atom(b"moov", &[&mvhd, &trak, &self.metadata()])
    }

    fn sample_table(&self, first_frame: u32) -> Vec<u8> {
        let count = (self.frames.len() as u32).to_be_bytes();
        let one = 1u32.to_be_bytes();
        let mut name = [0; 32];
        name[..13].copy_from_slice(b"\x0cPhoto - JPEG");
        let description = atom(
            b"jpeg",
            &[
                &[0; 6],
                &1u16.to_be_bytes(),
                &[0; 8],
                &[0, 0, 2, 0],
                &[0, 0, 2, 0],
                &self.width.to_be_bytes(),
                &self.height.to_be_bytes(),
                // 72 dots an inch, both ways.
                &[0, 72, 0, 0, 0, 72, 0, 0],
                &[0; 4],
                &1u16.to_be_bytes(),
                &name,
                // 24 bits of colour, no table of colours.
                &[0, 24, 0xff, 0xff],
            ],
        );
        let sizes: Vec<u8> = self.frames.iter().flat_map(|frame| (frame.len() as u32).to_be_bytes()).collect();
        atom(
            b"stbl",
            &[
                &atom(b"stsd", &[&[0; 4], &one, &description]),
                &atom(b"stts", &[&[0; 4], &one, &count, &self.frame_ticks().to_be_bytes()]),
                &atom(b"stsc", &[&[0; 4], &one, &one, &count, &one]),
                &atom(b"stsz", &[&[0; 8], &count, &sizes]),
                &atom(b"stco", &[&[0; 4], &one, &first_frame.to_be_bytes()]),
            ],
        )
    }

    /// What a phone says about its video, under the keys that Apple's do.
    fn metadata(&self) -> Vec<u8> {
        let (latitude, longitude) = self.shot.position;
        let values = [
            ("com.apple.quicktime.creationdate", self.shot.iso_time()),
            ("com.apple.quicktime.location.ISO6709", format!("{latitude:+08.4}{longitude:+09.4}/")),
            ("com.apple.quicktime.make", self.shot.make.to_owned()),
            ("com.apple.quicktime.model", self.shot.model.to_owned()),
        ];
        let keys: Vec<u8> = values.iter().flat_map(|(key, _)| atom(b"mdta", &[key.as_bytes()])).collect();
        let items = values.iter().enumerate().flat_map(|(index, (_, value))| {
            let data = atom(b"data", &[&[0, 0, 0, 1], &[0; 4], value.as_bytes()]);
            atom(&(index as u32 + 1).to_be_bytes(), &[&data])
        });
        let items: Vec<u8> = items.collect();
        let handler = atom(b"hdlr", &[&[0; 8], b"mdta", &[0; 13]]);
        let count = (values.len() as u32).to_be_bytes();
        atom(b"meta", &[&handler, &atom(b"keys", &[&[0; 4], &count, &keys]), &atom(b"ilst", &[&items])])
    }
}

/// The matrix that changes nothing: 1 as a fixed-point number, and 1 in the last place with two bits before the point.
const IDENTITY: [u8; 36] = {
    let mut matrix = [0; 36];
    matrix[1] = 1;
    matrix[17] = 1;
    matrix[32] = 0x40;
    matrix
};

/// Length, kind, content.
fn atom(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let length = 8 + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((length as u32).to_be_bytes());
    bytes.extend(kind);
    parts.iter().for_each(|part| bytes.extend(*part));
    bytes
}
