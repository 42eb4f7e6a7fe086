//! Makes a picture smaller while its rows arrive: every new pixel is the mean of the area that it covers.

/// Takes the rows of a picture from the top and keeps the smaller one. It never enlarges.
#[derive(Debug)]
pub(super) struct Shrink {
    from: (usize, usize),
    to: (usize, usize),
    spans: Vec<Span>,
    /// The row being gathered: values times the rows' weights. 255 * 256 * 65,535 rows just fit.
    gathered: Vec<u32>,
    narrow: Vec<u8>,
    out: Vec<u8>,
    /// Rows taken in, rows given out.
    taken: usize,
    given: usize,
}

/// Where a new pixel lies in the old row: the first and last pixel that it touches and how much of each.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: usize,
    last: usize,
    first_part: u32,
    last_part: u32,
    sum: u32,
}

/// A whole pixel's weight.
const WHOLE: u32 = 256;

impl Span {
    /// The `index`th of `to` equal parts of `from` pixels.
    fn new(index: usize, from: usize, to: usize) -> Span {
        let scaled = |index: usize| (index as u64 * from as u64 * u64::from(WHOLE) / to as u64) as usize;
        let (start, end) = (scaled(index), scaled(index + 1));
        let whole = WHOLE as usize;
        let first = start / whole;
        let last = ((end - 1) / whole).min(from - 1);
        let (first_part, last_part) =
            if first == last { (end - start, 0) } else { (whole - start % whole, end - last * whole) };
        Span {
            first,
            last,
            first_part: first_part as u32,
            last_part: last_part as u32,
            sum: (first_part + last_part + (last - first).saturating_sub(1) * whole) as u32,
        }
    }
}

impl Shrink {
    /// From `from` to `to` pixels, each (width, height).
    ///
    /// # Panics
    /// Where a side is 0 or over 65,535, or where `to` is larger than `from`.
    pub(super) fn new(from: (usize, usize), to: (usize, usize)) -> Shrink {
        assert!(to.0 > 0 && to.1 > 0 && to.0 <= from.0 && to.1 <= from.1, "it only shrinks: {from:?} to {to:?}");
        assert!(from.0 <= 65_535 && from.1 <= 65_535, "sides of at most 65,535: {from:?}");
        Shrink {
            from,
            to,
            spans: (0..to.0).map(|index| Span::new(index, from.0, to.0)).collect(),
            gathered: vec![0; to.0 * 3],
            narrow: vec![0; to.0 * 3],
            out: Vec::with_capacity(to.0 * to.1 * 3),
            taken: 0,
            given: 0,
        }
    }

    /// The next row, of the old width. Rows beyond the old height are left out.
    ///
    /// # Panics
    /// Where the row is shorter than the old width.
    pub(super) fn push(&mut self, row: &[u8]) {
        let row = &row[..self.from.0 * 3];
        if self.taken == self.from.1 {
            return;
        }
        if self.from == self.to {
            self.out.extend_from_slice(row);
            self.taken += 1;
            self.given += 1;
            return;
        }
        self.narrowed(row);
        let span = Span::new(self.given, self.from.1, self.to.1);
        let weight = match self.taken {
            at if at == span.first => span.first_part,
            at if at == span.last => span.last_part,
            _ => WHOLE,
        };
        self.add(weight);
        if self.taken == span.last {
            self.give(span.sum);
            // The row that ends one may begin the next.
            if self.given < self.to.1 {
                let next = Span::new(self.given, self.from.1, self.to.1);
                if next.first == self.taken {
                    self.add(next.first_part);
                }
            }
        }
        self.taken += 1;
    }

    /// The smaller picture, once all rows were there. `None` where some are missing.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (self.given == self.to.1).then_some(self.out)
    }

    fn narrowed(&mut self, row: &[u8]) {
        for (span, out) in self.spans.iter().zip(self.narrow.chunks_exact_mut(3)) {
            let mut sum = [0u32; 3];
            let mut add = |pixel: &[u8], weight: u32| {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += u32::from(*value) * weight;
                }
            };
            add(&row[span.first * 3..span.first * 3 + 3], span.first_part);
            if span.last > span.first {
                for pixel in row[(span.first + 1) * 3..span.last * 3].chunks_exact(3) {
                    add(pixel, WHOLE);
                }
                add(&row[span.last * 3..span.last * 3 + 3], span.last_part);
            }
            for (out, sum) in out.iter_mut().zip(sum) {
                *out = mean(sum, span.sum);
            }
        }
    }

    fn add(&mut self, weight: u32) {
        for (sum, value) in self.gathered.iter_mut().zip(&self.narrow) {
            *sum += u32::from(*value) * weight;
        }
    }

    fn give(&mut self, weights: u32) {
        for sum in &mut self.gathered {
            self.out.push(mean(*sum, weights));
            *sum = 0;
        }
        self.given += 1;
    }
}

/// Rounded, without going over 32 bits: a division of that width is much the faster one on phones.
fn mean(sum: u32, weights: u32) -> u8 {
    (sum.saturating_add(weights / 2) / weights) as u8
}

/// The largest size with the same shape whose longer side is at most `longest`; never larger than `from`, never 0.
#[must_use]
pub(super) fn fitted(from: (usize, usize), longest: usize) -> (usize, usize) {
    let longer = from.0.max(from.1);
    if longer <= longest {
        return from;
    }
    let scaled = |side: usize| ((side * longest + longer / 2) / longer).max(1);
    (scaled(from.0), scaled(from.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shrunk(from: (usize, usize), to: (usize, usize), pixel: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        let mut shrink = Shrink::new(from, to);
        for y in 0..from.1 {
            let row: Vec<u8> = (0..from.0).flat_map(|x| pixel(x, y)).collect();
            shrink.push(&row);
        }
        shrink.finish().expect("all rows were pushed")
    }

    #[test]
    fn two_by_two_becomes_their_mean() {
        let out = shrunk((4, 4), (2, 2), |x, y| [(x * 10 + y) as u8, 0, 200]);
        assert_eq!(out[0], 6, "the mean of 0, 10, 1, 11 is 5.5");
        assert_eq!(out[2], 200);
        assert_eq!(out.len(), 12);
    }

    #[test]
    fn fits_keep_the_shape() {
        assert_eq!(fitted((8000, 6000), 2048), (2048, 1536));
        assert_eq!(fitted((6000, 8000), 640), (480, 640));
        assert_eq!(fitted((300, 200), 640), (300, 200));
        assert_eq!(fitted((65_535, 1), 640), (640, 1));
    }

    #[test]
    fn the_largest_ratio_does_not_overflow() {
        let out = shrunk((1, 65_535), (1, 1), |_, _| [255; 3]);
        assert_eq!(out, [255; 3]);
    }

    proptest! {
        #[test]
        fn a_flat_picture_stays_flat(w in 1usize..90, h in 1usize..90, a in 1usize..90, b in 1usize..90, v: u8) {
            let out = shrunk((w.max(a), h.max(b)), (w.min(a), h.min(b)), |_, _| [v, 255 - v, v / 2]);
            for pixel in out.chunks(3) {
                prop_assert_eq!(pixel, [v, 255 - v, v / 2]);
            }
        }

        #[test]
        fn the_mean_stays(w in 1usize..60, h in 1usize..60, a in 1usize..60, b in 1usize..60) {
            let (from, to) = ((w.max(a), h.max(b)), (w.min(a), h.min(b)));
            let pixel = |x: usize, y: usize| [((x * 7 + y * 13) % 256) as u8; 3];
            let out = shrunk(from, to, pixel);
            let before = (0..from.1).flat_map(|y| (0..from.0).map(move |x| f64::from(pixel(x, y)[0]))).sum::<f64>();
            let after = out.iter().map(|v| f64::from(*v)).sum::<f64>() / 3.0;
            let (before, after) = (before / (from.0 * from.1) as f64, after / (to.0 * to.1) as f64);
            // Rounded once across and once down.
            prop_assert!((before - after).abs() < 1.01, "{} became {}", before, after);
        }
    }
}
