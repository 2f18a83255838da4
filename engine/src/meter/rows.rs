//! The amounts of a sliding window's sub-windows: one number while that will do, then a small ring.

/// Amounts by row, where a row is a number that only grows, and their sum.
///
/// Most tenants are seldom asked: all that counts lies in one row, and no ring is needed. The first
/// amount in a second row allocates one, and it stays.
///
/// Only rows within the window hold anything: the owner says which have left it, and asks for no others.
///
/// # Complexity
/// 24 bytes; the ring is 128 bytes for windows of up to 32 rows whose amounts fit 32 bits (nearly all), else 8
/// bytes a row. Reading and adding are O(1), without a division.
#[derive(Debug)]
pub(super) struct Rows {
    sum: u64,
    held: Held,
}

#[derive(Debug)]
enum Held {
    /// All of the sum is in this row.
    In(u64),
    Small(Box<[u32; SMALL]>),
    Large(Box<Ring>),
}

/// How many rows a small ring holds: those of the default of 30 sub-windows, and one more.
const SMALL: usize = 32;

/// One number a row; the length is a power of two.
#[derive(Debug)]
struct Ring(Box<[u64]>);

impl Rows {
    pub(super) fn new() -> Self {
        Self {
            sum: 0,
            held: Held::In(0),
        }
    }

    /// The sum of all rows.
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    pub(super) fn get(&self, row: u64) -> u64 {
        match &self.held {
            Held::In(held) if *held == row => self.sum,
            Held::In(_) => 0,
            Held::Small(ring) => ring.get(slot(row, SMALL)).copied().map_or(0, u64::from),
            Held::Large(ring) => ring.get(row),
        }
    }

    /// Adds to a row of a window that has `len` rows. A sum that would pass 2⁶⁴ stays below it, so that
    /// what is added can be taken out again.
    #[inline]
    pub(super) fn add(&mut self, row: u64, amount: u64, len: u64) {
        let added = std::cmp::min(amount, u64::MAX.saturating_sub(self.sum));
        if added == 0 {
            return;
        }
        match &mut self.held {
            Held::In(held) if *held == row => {}
            Held::In(held) if self.sum == 0 => *held = row,
            Held::In(_) => {
                self.spread(len);
                return self.add(row, amount, len);
            }
            Held::Small(ring) => {
                let slot = in_small(ring, row);
                let sum = u32::try_from(added).map(|added| slot.checked_add(added));
                match sum {
                    Ok(Some(sum)) => *slot = sum,
                    Ok(None) | Err(_) => self.set(row, self.get(row).saturating_add(added)),
                }
            }
            Held::Large(_) => self.set(row, self.get(row).saturating_add(added)),
        }
        self.sum = self.sum.saturating_add(added);
    }

    /// Takes `amount` out of a row, or what it holds.
    #[inline]
    pub(super) fn take(&mut self, row: u64, amount: u64) {
        let taken = match &mut self.held {
            Held::In(held) if *held == row => std::cmp::min(self.sum, amount),
            Held::In(_) => 0,
            Held::Small(ring) => {
                let slot = in_small(ring, row);
                let taken = u32::try_from(amount).map_or(*slot, |most| std::cmp::min(*slot, most));
                *slot = slot.saturating_sub(taken);
                u64::from(taken)
            }
            Held::Large(ring) => {
                let held = ring.get(row);
                let taken = std::cmp::min(held, amount);
                ring.set(row, held.saturating_sub(taken));
                taken
            }
        };
        self.sum = self.sum.saturating_sub(taken);
    }

    /// Empties `count` rows, from `first` on, which have left the window.
    #[inline]
    pub(super) fn leave(&mut self, first: u64, count: u64) {
        let slots = match &self.held {
            _ if self.sum == 0 => return,
            Held::In(row) => {
                if (first..first.saturating_add(count)).contains(row) {
                    self.sum = 0;
                }
                return;
            }
            Held::Small(_) => SMALL,
            Held::Large(ring) => ring.0.len(),
        };
        let most = u64::try_from(slots).unwrap_or(u64::MAX);
        for row in first..first.saturating_add(std::cmp::min(count, most)) {
            self.take(row, u64::MAX);
        }
    }

    /// The oldest of these rows that holds something.
    pub(super) fn first_held(&self, mut rows: impl Iterator<Item = u64>) -> Option<u64> {
        match self.held {
            Held::In(row) => (self.sum > 0).then_some(row),
            Held::Small(_) | Held::Large(_) => rows.find(|&row| self.get(row) > 0),
        }
    }

    /// From one row to a ring that holds as much.
    fn spread(&mut self, len: u64) {
        let (sum, Held::In(row)) = (self.sum, &self.held) else {
            return;
        };
        let row = *row;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        self.held = if len <= SMALL {
            Held::Small(Box::new([0; SMALL]))
        } else {
            Held::Large(Box::new(Ring::new(len)))
        };
        self.set(row, sum);
    }

    fn set(&mut self, row: u64, amount: u64) {
        match (&mut self.held, u32::try_from(amount)) {
            (Held::Small(ring), Ok(amount)) => *in_small(ring, row) = amount,
            (Held::Small(ring), Err(_)) => {
                let mut wide = Ring(ring.iter().copied().map(u64::from).collect());
                wide.set(row, amount);
                self.held = Held::Large(Box::new(wide));
            }
            (Held::Large(ring), _) => ring.set(row, amount),
            (Held::In(_), _) => {}
        }
    }
}

impl Ring {
    fn new(len: usize) -> Self {
        Self(vec![0; len.next_power_of_two()].into_boxed_slice())
    }

    fn get(&self, row: u64) -> u64 {
        let slot = slot(row, self.0.len());
        self.0.get(slot).copied().unwrap_or(0)
    }

    fn set(&mut self, row: u64, amount: u64) {
        let slot = slot(row, self.0.len());
        if let Some(slot) = self.0.get_mut(slot) {
            *slot = amount;
        }
    }
}

/// Where a row lies in a small ring.
#[inline]
fn in_small(ring: &mut [u32; SMALL], row: u64) -> &mut u32 {
    #[expect(
        clippy::indexing_slicing,
        reason = "a slot of a ring is below its length"
    )]
    &mut ring[slot(row, SMALL)]
}

/// Where a row lies in a ring of `slots`, a power of two.
#[inline]
fn slot(row: u64, slots: usize) -> usize {
    let mask = u64::try_from(slots).unwrap_or(0).saturating_sub(1);
    usize::try_from(row & mask).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amounts(rows: &Rows, of: std::ops::Range<u64>) -> Vec<u64> {
        of.map(|row| rows.get(row)).collect()
    }

    #[test]
    fn one_row_needs_no_ring() {
        let mut rows = Rows::new();
        rows.add(7, 5, 31);
        rows.add(7, 6, 31);
        assert!(matches!(rows.held, Held::In(7)));
        assert_eq!((rows.sum(), rows.get(7), rows.get(8)), (11, 11, 0));
        rows.take(7, 11);
        rows.add(9, 1, 31);
        assert!(
            matches!(rows.held, Held::In(9)),
            "nothing was left in the first"
        );
        rows.leave(0, 100);
        assert_eq!(rows.sum(), 0);
    }

    #[test]
    fn a_ring_holds_what_was_in_one_row() {
        for (len, small) in [(31, true), (32, true), (33, false), (121, false)] {
            let mut rows = Rows::new();
            rows.add(100, 5, len);
            rows.add(101, 6, len);
            rows.add(100 + len - 1, 7, len);
            assert_eq!(matches!(rows.held, Held::Small(_)), small, "{len}");
            let window = 100..100 + len;
            assert_eq!(amounts(&rows, 100..103), [5, 6, 0]);
            assert_eq!(rows.first_held(window.clone()), Some(100));
            assert_eq!(rows.first_held(window.clone().rev()), Some(window.end - 1));
            rows.leave(100, 1);
            assert_eq!((rows.sum(), rows.get(100)), (13, 0));
            rows.leave(101, 1_000_000);
            assert_eq!(rows.sum(), 0);
        }
    }

    #[test]
    fn an_amount_above_32_bits_widens_the_ring_and_keeps_the_others() {
        let mut rows = Rows::new();
        let much = u64::from(u32::MAX) + 1;
        rows.add(7, 5, 3);
        rows.add(8, much, 3);
        assert!(matches!(rows.held, Held::Large(_)));
        assert_eq!(amounts(&rows, 7..10), [5, much, 0]);
        let mut rows = Rows::new();
        rows.add(7, much, 3);
        rows.add(8, 1, 3);
        assert_eq!(amounts(&rows, 7..10), [much, 1, 0]);
    }

    #[test]
    fn what_was_added_can_be_taken_out_again() {
        let mut rows = Rows::new();
        rows.add(1, u64::MAX, 2);
        rows.add(2, 5, 2);
        assert_eq!((rows.sum(), rows.get(2)), (u64::MAX, 0));
        rows.take(1, u64::MAX);
        assert_eq!(rows.sum(), 0);
    }

    #[test]
    fn it_is_small() {
        assert_eq!(size_of::<Rows>(), 24);
    }
}
