//! A camera's EXIF, written by hand: TIFF 6.0 inside an APP1 segment (CIPA DC-008, "Exif 2.32").

use super::day::Shot;

/// Little-endian TIFF, as most phones write it.
const HEADER: &[u8] = b"II*\0\x08\0\0\0";

enum Value {
    Text(String),
    Short(u16),
    Long(u32),
    Bytes(Vec<u8>),
    /// The type `UNDEFINED`.
    Opaque(Vec<u8>),
    Ratio(Vec<(u32, u32)>),
}

struct Entry(u16, Value);

/// The content of the TIFF part, without `Exif\0\0`.
pub(super) fn tiff(shot: &Shot, width: u32, height: u32) -> Vec<u8> {
    let text = |value: &str| Value::Text(value.to_owned());
    let time = shot.local_time();
    let mut bytes = HEADER.to_vec();
    let main = |exif, gps| {
        vec![
            Entry(0x010f, text(shot.make)),
            Entry(0x0110, text(shot.model)),
            Entry(0x0112, Value::Short(shot.orientation)),
            Entry(0x011a, Value::Ratio(vec![(72, 1)])),
            Entry(0x011b, Value::Ratio(vec![(72, 1)])),
            Entry(0x0128, Value::Short(2)),
            Entry(0x0132, text(&time)),
            Entry(0x8769, Value::Long(exif)),
            Entry(0x8825, Value::Long(gps)),
        ]
    };
    let exif = vec![
        Entry(0x829a, Value::Ratio(vec![(1, shot.speed)])),
        Entry(0x829d, Value::Ratio(vec![(18, 10)])),
        Entry(0x8827, Value::Short(shot.iso)),
        Entry(0x9000, Value::Opaque(b"0232".to_vec())),
        Entry(0x9003, text(&time)),
        Entry(0x9004, text(&time)),
        Entry(0x9010, text("+09:00")),
        Entry(0x9011, text("+09:00")),
        Entry(0x9012, text("+09:00")),
        Entry(0xa001, Value::Short(1)),
        Entry(0xa002, Value::Long(width)),
        Entry(0xa003, Value::Long(height)),
    ];
    let (latitude, longitude) = shot.position;
    let gps = vec![
        Entry(0x0000, Value::Bytes(vec![2, 3, 0, 0])),
        Entry(0x0001, text(if latitude < 0.0 { "S" } else { "N" })),
        Entry(0x0002, degrees(latitude)),
        Entry(0x0003, text(if longitude < 0.0 { "W" } else { "E" })),
        Entry(0x0004, degrees(longitude)),
        Entry(0x0005, Value::Bytes(vec![0])),
        Entry(0x0006, Value::Ratio(vec![(u32::from(shot.altitude) * 10, 10)])),
    ];
    // The main directory's size does not depend on where it points to, so it can be laid out twice.
    let exif_at = HEADER.len() + directory(&main(0, 0), HEADER.len()).len();
    let exif = directory(&exif, exif_at);
    let gps_at = exif_at + exif.len();
    bytes.extend(directory(&main(exif_at as u32, gps_at as u32), HEADER.len()));
    bytes.extend(exif);
    bytes.extend(directory(&gps, gps_at));
    bytes
}

fn degrees(angle: f64) -> Value {
    let hundredths = (angle.abs() * 360_000.0).round() as u32;
    Value::Ratio(vec![(hundredths / 360_000, 1), (hundredths / 6_000 % 60, 1), (hundredths % 6_000, 100)])
}

/// One image file directory at an offset, with the values that do not fit into its entries behind it.
fn directory(entries: &[Entry], at: usize) -> Vec<u8> {
    let mut table = (entries.len() as u16).to_le_bytes().to_vec();
    let mut values: Vec<u8> = Vec::new();
    let values_at = at + 2 + 12 * entries.len() + 4;
    for Entry(tag, value) in entries {
        let (kind, count, mut bytes): (u16, usize, Vec<u8>) = match value {
            Value::Bytes(bytes) => (1, bytes.len(), bytes.clone()),
            Value::Text(text) => (2, text.len() + 1, [text.as_bytes(), b"\0"].concat()),
            Value::Short(number) => (3, 1, number.to_le_bytes().to_vec()),
            Value::Long(number) => (4, 1, number.to_le_bytes().to_vec()),
            Value::Ratio(ratios) => {
                let numbers = ratios.iter().flat_map(|(over, under)| [over.to_le_bytes(), under.to_le_bytes()]);
                (5, ratios.len(), numbers.flatten().collect())
            }
            Value::Opaque(bytes) => (7, bytes.len(), bytes.clone()),
        };
        table.extend(tag.to_le_bytes());
        table.extend(kind.to_le_bytes());
        table.extend((count as u32).to_le_bytes());
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            table.extend(bytes);
        } else {
            table.extend(((values_at + values.len()) as u32).to_le_bytes());
            values.extend(bytes);
            // Values begin on even offsets.
            values.resize(values.len().next_multiple_of(2), 0);
        }
    }
    // No further directory.
    table.extend([0; 4]);
    table.extend(values);
    table
}
