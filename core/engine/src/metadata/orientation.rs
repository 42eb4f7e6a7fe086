//! EXIF's orientation alone, which previews and redaction need and which is quickly read.

/// Tag 0x0112 of the first directory of a TIFF (EXIF's container): 1 to 8. `None` where it is not there or no such
/// number.
pub(crate) fn of_tiff(tiff: &[u8]) -> Option<u8> {
    let big = match tiff.get(..4)? {
        b"MM\0*" => true,
        b"II*\0" => false,
        _ => return None,
    };
    let two = |at: usize| {
        let bytes = *tiff.get(at..)?.first_chunk()?;
        Some(if big { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    };
    let start = *tiff.get(4..)?.first_chunk()?;
    let start = if big { u32::from_be_bytes(start) } else { u32::from_le_bytes(start) } as usize;
    let count = usize::from(two(start)?);
    let entry = (0..count).map(|index| start + 2 + index * 12).find(|at| two(*at) == Some(0x0112))?;
    // A short number stands at the value's start in either byte order; some write a long one.
    let value = match two(entry + 2)? {
        3 => two(entry + 8)?,
        4 if big => two(entry + 10)?,
        4 => two(entry + 8)?,
        _ => return None,
    };
    u8::try_from(value).ok().filter(|value| (1..=8).contains(value))
}

#[cfg(test)]
mod tests {
    use super::of_tiff;

    #[test]
    fn both_byte_orders() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(of_tiff(little), Some(6));
        assert_eq!(of_tiff(big), Some(8));
        for length in 0..little.len() - 7 {
            assert_eq!(of_tiff(&little[..length]), None, "{length}");
        }
        assert_eq!(of_tiff(&little.map(|byte| if byte == 6 { 9 } else { byte })), None);
    }
}
