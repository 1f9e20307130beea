//! Deterministic pseudorandom numbers.
//!
//! The generator is SplitMix64. Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA
//! 2014 (the constants are those of its `mix64`, variant 13). Good enough for a simulation; never for a secret.

use std::fmt::Write as _;

/// A pseudorandom sequence.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The sequence of one agent of a seed.
    pub(super) fn for_agent(seed: u64, index: u64) -> Random {
        let (mut of_seed, mut of_index) = (Random(seed), Random(!index));
        Random(of_seed.next() ^ of_index.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both inclusive.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        let width = u128::from(high - low) + 1;
        // The upper half of the product: uniform to within one part in 2^64 / width.
        low + ((u128::from(self.next()) * width) >> 64) as u64
    }

    /// True with a probability in thousandths.
    pub(super) fn chance(&mut self, per_thousand: u64) -> bool {
        self.between(1, 1000) <= per_thousand
    }

    /// One of several items.
    pub(super) fn pick<T: Copy>(&mut self, several: &[T]) -> T {
        several[self.between(0, several.len() as u64 - 1) as usize]
    }

    /// A number of hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        let mut text = String::with_capacity(digits + 16);
        while text.len() < digits {
            let _ = write!(text, "{:016x}", self.next());
        }
        text.truncate(digits);
        text
    }

    /// A UUID of version 4.
    pub(super) fn uuid(&mut self) -> String {
        let digits = self.hex(30);
        let variant = self.pick(&['8', '9', 'a', 'b']);
        format!(
            "{}-{}-4{}-{variant}{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..15],
            &digits[15..18],
            &digits[18..30]
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_matches_the_publication() {
        // The first numbers for seed 0 from the authors' implementation.
        let mut random = Random(0);
        assert_eq!([random.next(), random.next()], [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
    }

    #[test]
    fn numbers_cover_their_range() {
        let mut random = Random::for_agent(7, 0);
        let drawn: Vec<u64> = (0..1000).map(|_| random.between(3, 5)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&3), Some(&5)));
    }

    #[test]
    fn sequences_differ_by_agent_and_by_seed() {
        let first = |seed, index| Random::for_agent(seed, index).uuid();
        let all = [first(1, 0), first(1, 1), first(2, 0), first(2, 1)];
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), 4, "{all:?}");
    }
}
