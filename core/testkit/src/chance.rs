//! Chance from a seed, so that a failing run can be had again.

/// A small generator of pseudo-random numbers (SplitMix64): the same seed gives the same sequence.
/// Good enough for noise and for the moment of a cut; never for keys.
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    /// A sequence of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A second sequence, independent of this one for all purposes of a test.
    pub fn fork(&mut self) -> Self {
        Self(self.bits() ^ 0x5eed_0f0f_a5a5_3c3c)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `0.0 .. 1.0`.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `low .. high`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + self.unit() * (high - low)
    }

    /// A whole number in `0 .. end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The multiplication spreads 64 bits over the range; its bias is far below what a test could see.
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// A waiting time with the given mean, as of events that happen independently of each other.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Fills a slice with noise.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let bits = self.bits().to_le_bytes();
            chunk.copy_from_slice(&bits[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    #[test]
    fn a_seed_gives_its_sequence_again_and_the_mean_is_kept() {
        let draw = |seed| {
            let mut chance = Chance::new(seed);
            (0..4).map(|_| chance.bits()).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut chance = Chance::new(1);
        let mean = (0..20_000).map(|_| chance.exponential(15.0)).sum::<f64>() / 20_000.0;
        assert!((14.0..16.0).contains(&mean), "mean {mean}");
        assert!((0..1000).all(|_| chance.below(3) < 3));
    }
}
