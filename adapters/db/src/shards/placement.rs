//! Which shard a tenant falls to: rendezvous hashing, of numbers alone.

use std::sync::Arc;

use tollgate::TenantId;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The tickets of one shard: as many as its weight.
#[derive(Debug, Clone)]
pub(crate) struct Tickets {
    name: Arc<str>,
    seeds: Box<[u64]>,
}

impl Tickets {
    pub(crate) fn new(name: Arc<str>, weight: u16) -> Self {
        let seeds = (0..u32::from(weight))
            .map(|number| seed(&name, number))
            .collect();
        Self { name, seeds }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The height of the tenant's best ticket here.
    fn best(&self, tenant: &TenantId) -> u64 {
        let tenant = tenant.as_str().as_bytes();
        let draw = |&seed: &u64| xxh3_64_with_seed(tenant, seed);
        self.seeds.iter().map(draw).max().unwrap_or(0)
    }

    /// Whether the tenant rather falls to this one, with its `best` here and `other_best` there. Of two equal ones the
    /// lower name has it, so that the order of the shards says nothing.
    fn wins(&self, best: u64, other: &Self, other_best: u64) -> bool {
        best > other_best || best == other_best && self.name < other.name
    }
}

/// `XXH3-64(name ‖ 0x00 ‖ number, 4 bytes, little endian)`. A name has no NUL in it, so no two tickets are one.
fn seed(name: &str, number: u32) -> u64 {
    let bytes = [name.as_bytes(), &[0], &number.to_le_bytes()].concat();
    xxh3_64(&bytes)
}

/// Where `tenant` has its highest ticket.
pub(crate) fn place<'s, T>(
    tenant: &TenantId,
    first: &'s T,
    rest: impl IntoIterator<Item = &'s T>,
    tickets: impl Fn(&T) -> &Tickets,
) -> &'s T {
    let start = (first, tickets(first).best(tenant));
    let place = rest.into_iter().fold(start, |(shard, best), other| {
        let others = tickets(other).best(tenant);
        if tickets(other).wins(others, tickets(shard), best) {
            (other, others)
        } else {
            (shard, best)
        }
    });
    place.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shards(of: &[(&str, u16)]) -> Vec<Tickets> {
        let tickets = |&(name, weight): &(&str, u16)| Tickets::new(name.into(), weight);
        of.iter().map(tickets).collect()
    }

    fn placed(tenant: &str, shards: &[Tickets]) -> String {
        let tenant = TenantId::new(tenant).unwrap();
        let (first, rest) = shards.split_first().unwrap();
        let shard = place(&tenant, first, rest, |tickets| tickets);
        shard.name().to_string()
    }

    /// As the authors of XXH3 publish them.
    #[test]
    fn the_hash_is_xxh3() {
        assert_eq!(xxh3_64(b""), 0x2d06_8005_38d3_94c2);
        assert_eq!(
            xxh3_64_with_seed(b"", 0x9e37_79b1_85eb_ca8d),
            0xa8a6_b918_b2f0_364a
        );
    }

    /// If this fails, tenants would look for their rows on a shard that has none of them.
    #[test]
    fn tenants_are_where_they_always_were() {
        let three = shards(&[("eu-1", 1), ("eu-2", 1), ("us-1", 2)]);
        let longest = "t".repeat(255);
        for (tenant, shard) in [
            ("acme", "us-1"),
            ("acme-corp", "eu-1"),
            ("globex", "eu-2"),
            ("a", "us-1"),
            ("tenant.0001", "eu-2"),
            ("x_-.", "eu-2"),
            (&longest, "eu-2"),
        ] {
            assert_eq!(placed(tenant, &three), shard, "{tenant}");
        }
        assert_eq!(seed("eu-1", 0), 0xfc67_386f_125c_b6bb);
        assert_eq!(seed("us-1", 1), 0xfb8b_655c_09d3_2c7c);
    }

    #[test]
    fn shards_get_tenants_by_their_weight() {
        let shards = shards(&[("a", 1), ("b", 1), ("c", 3), ("d", 5)]);
        let mut counts = [0_usize; 4];
        for n in 0..50_000 {
            let name = placed(&format!("tenant-{n}"), &shards);
            counts["abcd".find(&name).unwrap()] += 1;
        }
        for (count, weight) in counts.into_iter().zip([1, 1, 3, 5]) {
            let share = 5_000 * weight;
            assert!(count.abs_diff(share) < share / 12, "{counts:?}");
        }
    }

    #[test]
    fn a_new_shard_takes_its_share_and_no_more() {
        let before = shards(&[("a", 1), ("b", 1), ("c", 1), ("d", 1)]);
        let after = shards(&[("a", 1), ("b", 1), ("c", 1), ("d", 1), ("e", 1)]);
        let moved = (0..50_000).filter(|n| {
            let tenant = format!("tenant-{n}");
            placed(&tenant, &before) != placed(&tenant, &after)
        });
        let moved = moved.count();
        assert!(moved.abs_diff(10_000) < 500, "{moved}");
    }

    proptest! {
        #[test]
        fn a_change_of_one_shard_moves_tenants_only_to_it_or_away_from_it(
            names in prop::collection::btree_map("[a-z]{1,3}", 1_u16..6, 2..8),
            changed in any::<prop::sample::Index>(),
            more in 1_u16..6,
            tenants in prop::collection::vec("[A-Za-z0-9_-]{1,40}", 1..40),
        ) {
            let all: Vec<(&str, u16)> = names.iter().map(|(name, weight)| (name.as_str(), *weight)).collect();
            let at = changed.index(all.len());
            let name = all[at].0;
            let mut without = all.clone();
            without.remove(at);
            let mut heavier = all.clone();
            heavier[at].1 += more;
            let mut turned = all.clone();
            turned.reverse();
            let [all, without, heavier, turned] = [all, without, heavier, turned].map(|of| shards(&of));
            for tenant in &tenants {
                let now = placed(tenant, &all);
                prop_assert_eq!(&placed(tenant, &turned), &now);
                let then = placed(tenant, &without);
                prop_assert!(now == then || now == name);
                let then = placed(tenant, &heavier);
                prop_assert!(now == then || then == name);
            }
        }
    }
}
