//! Who is busy: many tenants counted in little memory, so closely that no busy one is missed.

use hashbrown::HashTable;
use tollgate::TenantId;

/// Counts events by tenant in a fixed number of slots (Space-Saving: Metwally, Agrawal, El Abbadi, "Efficient
/// Computation of Frequent and Top-k Elements in Data Streams", ICDT 2005).
///
/// A tenant that finds all slots taken gets the one with the least count, counts on from there, and remembers how
/// much of its count may be another's. With m slots and N events:
/// * the true count of every tenant lies within its [`Bounds`];
/// * a tenant with more than N/m events has a slot;
/// * no tenant's bounds are further apart than N/m.
///
/// [`halve`](Self::halve) lets the past fade: an event counts 1, then ½, ¼, …. Whole numbers are kept, rounded
/// outwards, so that the bounds stay true; N is then the faded sum, and N/m + 2 stands in place of N/m.
///
/// # Complexity
/// O(log m) an event. Memory is that of m slots and of the ids in them, all taken by the time that it is first full.
#[derive(Debug)]
pub(crate) struct Sketch {
    most: usize,
    slots: Vec<Slot>,
    /// The slots' numbers as a binary heap, the least count on top.
    heap: Vec<usize>,
    by_id: HashTable<usize>,
}

#[derive(Debug)]
struct Slot {
    id: TenantId,
    hash: u64,
    bounds: Bounds,
    /// Where in the heap it is.
    place: usize,
}

/// Between what a true count lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// It is not less.
    pub(crate) low: u64,
    /// It is not more.
    pub(crate) high: u64,
}

impl Sketch {
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            most: slots,
            slots: Vec::new(),
            heap: Vec::new(),
            // With twice the room, what removals leave behind is cleared away without a new allocation.
            by_id: HashTable::with_capacity(slots.saturating_mul(2)),
        }
    }

    /// Counts an event of the tenant with this id, which has this hash.
    pub(crate) fn count(&mut self, hash: u64, id: &TenantId) {
        let slot = match self.slot_of(hash, id) {
            Some(known) => known,
            None if self.slots.len() < self.most => self.take_free(hash, id),
            None => match self.take_least(hash, id) {
                Some(taken) => taken,
                None => return,
            },
        };
        let Some(counted) = self.slots.get_mut(slot) else {
            return;
        };
        counted.bounds.low = counted.bounds.low.saturating_add(1);
        counted.bounds.high = counted.bounds.high.saturating_add(1);
        let place = counted.place;
        self.sink(place);
    }

    /// Between what the count of this tenant lies, whether it has a slot or not.
    pub(crate) fn bounds(&self, hash: u64, id: &TenantId) -> Bounds {
        let slot = self.slot_of(hash, id);
        let known = slot.and_then(|slot| self.slots.get(slot));
        known.map_or_else(
            || Bounds {
                low: 0,
                high: self.least(),
            },
            |slot| slot.bounds,
        )
    }

    /// The tenants that have a slot, in no order, with their hashes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&TenantId, u64, Bounds)> {
        self.slots
            .iter()
            .map(|slot| (&slot.id, slot.hash, slot.bounds))
    }

    /// Halves all counts. Who counts no more than another still does: the heap stays one.
    pub(crate) fn halve(&mut self) {
        for Slot { bounds, .. } in &mut self.slots {
            bounds.low /= 2;
            bounds.high = bounds.high.div_ceil(2);
        }
    }

    /// The most that a tenant without a slot may have counted: 0 while slots are free.
    fn least(&self) -> u64 {
        if self.slots.len() < self.most {
            0
        } else {
            self.high_at(0).unwrap_or(0)
        }
    }

    fn slot_of(&self, hash: u64, id: &TenantId) -> Option<usize> {
        let is_its = |&slot: &usize| self.slots.get(slot).is_some_and(|slot| slot.id == *id);
        self.by_id.find(hash, is_its).copied()
    }

    fn take_free(&mut self, hash: u64, id: &TenantId) -> usize {
        let slot = self.slots.len();
        let bounds = Bounds { low: 0, high: 0 };
        self.slots.push(Slot {
            id: id.clone(),
            hash,
            bounds,
            place: slot,
        });
        self.heap.push(slot);
        self.rise(slot);
        self.enter(hash, slot);
        slot
    }

    /// Gives the slot with the least count to another tenant, which inherits the count as a doubt.
    fn take_least(&mut self, hash: u64, id: &TenantId) -> Option<usize> {
        let &taken = self.heap.first()?;
        let slot = self.slots.get_mut(taken)?;
        let before = std::mem::replace(&mut slot.hash, hash);
        slot.id = id.clone();
        slot.bounds.low = 0;
        if let Ok(entry) = self.by_id.find_entry(before, |&slot| slot == taken) {
            entry.remove();
        }
        self.enter(hash, taken);
        Some(taken)
    }

    fn enter(&mut self, hash: u64, slot: usize) {
        let slots = &self.slots;
        let hash_of = |&slot: &usize| slots.get(slot).map_or(0, |slot| slot.hash);
        self.by_id.insert_unique(hash, slot, hash_of);
    }

    fn high_at(&self, place: usize) -> Option<u64> {
        let slot = self.heap.get(place)?;
        self.slots.get(*slot).map(|slot| slot.bounds.high)
    }

    /// Moves up what counts less than what is above it.
    fn rise(&mut self, mut place: usize) {
        while let Some(above) = place.checked_sub(1).map(|place| place / 2) {
            if self.high_at(above) <= self.high_at(place) {
                break;
            }
            self.swap(place, above);
            place = above;
        }
    }

    /// Moves down what counts more than what is below it.
    fn sink(&mut self, mut place: usize) {
        loop {
            let below = [place * 2 + 1, place * 2 + 2];
            let below = below.into_iter().filter(|&below| below < self.heap.len());
            let Some(least) = below.min_by_key(|&below| self.high_at(below)) else {
                break;
            };
            if self.high_at(place) <= self.high_at(least) {
                break;
            }
            self.swap(place, least);
            place = least;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        for place in [a, b] {
            let slot = self.heap.get(place).and_then(|&s| self.slots.get_mut(s));
            if let Some(slot) = slot {
                slot.place = place;
            }
        }
    }
}

#[cfg(test)]
mod tests;
