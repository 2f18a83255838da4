//! The sketch beside an exact twin that remembers every tenant.

use std::collections::HashMap;
use std::hash::BuildHasher;

use proptest::prelude::*;

use super::*;

/// Exact counts, as whole numbers of 2⁻ʰ after h halvings: nothing is ever rounded.
#[derive(Default)]
struct Twin {
    counts: HashMap<u8, u128>,
    halvings: u32,
}

impl Twin {
    fn one(&self) -> u128 {
        1 << self.halvings
    }

    fn total(&self) -> u128 {
        self.counts.values().sum()
    }
}

#[derive(Debug, Clone)]
enum Step {
    Count(u8),
    Halve,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // A few tenants are busy, many are seen now and then.
    let busy = (0_u8..4).prop_map(Step::Count);
    let any = (0_u8..40).prop_map(Step::Count);
    let step = prop_oneof![20 => busy, 20 => any, 1 => Just(Step::Halve)];
    proptest::collection::vec(step, 0..400)
}

fn id(tenant: u8) -> TenantId {
    format!("tenant-{tenant}").parse().unwrap()
}

/// All in a few buckets of the table, so that ids with one hash are told apart.
fn hash(tenant: u8) -> u64 {
    u64::from(tenant % 3)
}

fn check(sketch: &Sketch, twin: &Twin, slots: usize) -> Result<(), TestCaseError> {
    let m = u128::try_from(slots).unwrap();
    let rounding = if twin.halvings == 0 { 0 } else { 2 * m };
    // What m counts of the size of this one come to at most, less what rounding may have added.
    let within =
        |count: u64| u128::from(count) * m * twin.one() <= twin.total() + rounding * twin.one();
    for tenant in 0..40 {
        let exact = twin.counts.get(&tenant).copied().unwrap_or(0);
        let bounds = sketch.bounds(hash(tenant), &id(tenant));
        prop_assert!(
            u128::from(bounds.low) * twin.one() <= exact,
            "{tenant}: {bounds:?}"
        );
        prop_assert!(
            exact <= u128::from(bounds.high) * twin.one(),
            "{tenant}: {bounds:?}"
        );
        prop_assert!(within(bounds.high - bounds.low), "{tenant}: {bounds:?}");
        let has_slot = sketch.iter().any(|(known, ..)| *known == id(tenant));
        let busy = exact * m > twin.total() + rounding * twin.one();
        prop_assert!(has_slot || !busy, "{tenant} was missed");
    }
    prop_assert!(sketch.slots.len() <= slots && sketch.by_id.len() == sketch.slots.len());
    Ok(())
}

fn is_heap(sketch: &Sketch) -> bool {
    let in_place = |(place, &slot): (usize, &usize)| sketch.slots[slot].place == place;
    let sorted = |place: usize| sketch.high_at((place - 1) / 2) <= sketch.high_at(place);
    sketch.heap.len() == sketch.slots.len()
        && sketch.heap.iter().enumerate().all(in_place)
        && (1..sketch.heap.len()).all(sorted)
}

proptest! {
    #[test]
    fn every_true_count_lies_within_its_bounds_and_no_busy_tenant_is_missed(
        slots in 1_usize..12,
        steps in steps(),
    ) {
        let (mut sketch, mut twin) = (Sketch::new(slots), Twin::default());
        for step in steps {
            match step {
                Step::Count(tenant) => {
                    sketch.count(hash(tenant), &id(tenant));
                    let one = twin.one();
                    *twin.counts.entry(tenant).or_default() += one;
                }
                // The twin's numbers mean half as much from here on.
                Step::Halve => {
                    sketch.halve();
                    twin.halvings += 1;
                }
            }
            prop_assert!(is_heap(&sketch));
        }
        check(&sketch, &twin, slots)?;
    }
}

#[test]
fn a_hundred_thousand_tenants_take_no_more_slots_than_there_are_and_hide_no_busy_one() {
    let mut sketch = Sketch::new(800);
    let hasher = foldhash::fast::RandomState::default();
    let busy: TenantId = "busy".parse().unwrap();
    for number in 0..100_000 {
        let id: TenantId = format!("tenant-{number}").parse().unwrap();
        sketch.count(hasher.hash_one(&id), &id);
        if number % 400 == 0 {
            sketch.count(hasher.hash_one(&busy), &busy);
        }
    }
    assert_eq!(sketch.slots.len(), 800);
    assert!(
        sketch.by_id.capacity() < 2_048,
        "{}",
        sketch.by_id.capacity()
    );
    let bounds = sketch.bounds(hasher.hash_one(&busy), &busy);
    assert!(bounds.low <= 250 && 250 <= bounds.high, "{bounds:?}");
    // 100,250 events over 800 slots.
    assert!(bounds.high - bounds.low <= 125, "{bounds:?}");
}

#[test]
fn without_slots_nothing_is_counted_and_nobody_fails() {
    let mut sketch = Sketch::new(0);
    sketch.count(1, &id(1));
    sketch.halve();
    assert_eq!(sketch.bounds(1, &id(1)), Bounds { low: 0, high: 0 });
}
