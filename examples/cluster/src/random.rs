//! Numbers that look random, and are the same for the same seed.

use crate::figures::{double, whole};

/// `SplitMix64`, by Steele, Lea and Flood.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream of its own for each seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of `0..bound`; 0 if there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.any()).wrapping_mul(u128::from(bound));
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// One of `least..=most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        let bound = most.saturating_sub(least).saturating_add(1);
        least.saturating_add(self.below(bound))
    }

    /// How many nanoseconds until the next of so many a second that come when they like.
    pub(crate) fn gap(&mut self, per_second: f64) -> u64 {
        let unit = (double(self.any() >> 11) + 1.0) / double(1 << 53);
        whole(-unit.ln() / per_second * 1e9)
    }
}
