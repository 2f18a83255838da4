//! Who asks: ids of 17 bytes, and streams of them in the order in which they arrive.

use tollgate::TenantId;

/// The id of tenant `number`, 17 bytes as ids of real systems are.
pub fn name(number: u32) -> String {
    format!("tenant-{number:010}")
}

/// The same as a validated id.
pub fn id(number: u32) -> TenantId {
    name(number).parse().unwrap()
}

/// A generator of random numbers, seeded: the same stream in every run (splitmix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A generator that begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `bound`, which is not 0.
    pub fn below(&mut self, bound: u32) -> u32 {
        let scaled = (self.next_u64() >> 32) * u64::from(bound);
        u32::try_from(scaled >> 32).unwrap()
    }

    /// The next number in [0, 1).
    fn fraction(&mut self) -> f64 {
        f64::from(u32::try_from(self.next_u64() >> 32).unwrap()) / f64::from(u32::MAX)
    }
}

/// How many requests a stream holds before it begins again; no fewer than the tenants of any bench,
/// or a bench of a million tenants would meet only some of them.
fn length(tenants: u32) -> u32 {
    std::cmp::max(tenants, 1 << 10).next_power_of_two()
}

/// Which of `tenants` asks next, each as often as the other.
pub fn uniform(tenants: u32, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    (0..length(tenants))
        .map(|_| random.below(tenants))
        .collect()
}

/// Which of `tenants` asks next, the n-th most frequent one 1/n as often as the first (Zipf, s = 1).
pub fn zipf(tenants: u32, seed: u64) -> Vec<u32> {
    let mut random = Random::new(seed);
    let mut sum = 0.0;
    let up_to: Vec<f64> = (1..=tenants)
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect();
    // Ranks are dealt out at random, so that frequent tenants don't lie side by side in memory.
    let mut holders: Vec<u32> = (0..tenants).collect();
    for last in (1..tenants).rev() {
        let other = random.below(last + 1);
        holders.swap(place(last), place(other));
    }
    (0..length(tenants))
        .map(|_| {
            let drawn = random.fraction() * sum;
            let rank = up_to.partition_point(|&up_to| up_to <= drawn);
            let rank = std::cmp::min(rank, holders.len() - 1);
            holders.get(rank).copied().unwrap()
        })
        .collect()
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap()
}
