//! Sets a picture upright, by EXIF's orientation (tag 0x0112): how row 0 and column 0 lie in what the camera saw.

/// The picture as it is to be looked at, and its new (width, height). Orientations other than 2 to 8 leave it as it is.
///
/// # Panics
/// Where `rgb` does not hold `size` pixels.
#[must_use]
pub(super) fn upright(rgb: Vec<u8>, size: (usize, usize), orientation: u8) -> (Vec<u8>, (usize, usize)) {
    let (width, height) = size;
    assert_eq!(rgb.len(), width * height * 3, "the pixels are of that size");
    if !(2..=8).contains(&orientation) {
        return (rgb, size);
    }
    let turned = if orientation >= 5 { (height, width) } else { size };
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..turned.1 {
        for x in 0..turned.0 {
            let (from_x, from_y) = match orientation {
                2 => (width - 1 - x, y),
                3 => (width - 1 - x, height - 1 - y),
                4 => (x, height - 1 - y),
                5 => (y, x),
                6 => (y, height - 1 - x),
                7 => (width - 1 - y, height - 1 - x),
                _ => (width - 1 - y, x),
            };
            let at = (from_y * width + from_x) * 3;
            out.extend_from_slice(&rgb[at..at + 3]);
        }
    }
    (out, turned)
}

#[cfg(test)]
mod tests {
    use super::upright;

    /// A picture of 3 x 2 whose pixels are numbered, turned: the numbers by row.
    fn numbers(orientation: u8) -> (Vec<u8>, (usize, usize)) {
        let rgb = (1..=6).flat_map(|n| [n, n, n]).collect();
        let (out, size) = upright(rgb, (3, 2), orientation);
        (out.into_iter().step_by(3).collect(), size)
    }

    #[test]
    fn each_orientation_by_hand() {
        // 1 2 3
        // 4 5 6
        assert_eq!(numbers(1), (vec![1, 2, 3, 4, 5, 6], (3, 2)));
        assert_eq!(numbers(2), (vec![3, 2, 1, 6, 5, 4], (3, 2)));
        assert_eq!(numbers(3), (vec![6, 5, 4, 3, 2, 1], (3, 2)));
        assert_eq!(numbers(4), (vec![4, 5, 6, 1, 2, 3], (3, 2)));
        assert_eq!(numbers(5), (vec![1, 4, 2, 5, 3, 6], (2, 3)));
        assert_eq!(numbers(6), (vec![4, 1, 5, 2, 6, 3], (2, 3)));
        assert_eq!(numbers(7), (vec![6, 3, 5, 2, 4, 1], (2, 3)));
        assert_eq!(numbers(8), (vec![3, 6, 2, 5, 1, 4], (2, 3)));
        assert_eq!(numbers(0), numbers(1));
        assert_eq!(numbers(9), numbers(1));
    }
}
