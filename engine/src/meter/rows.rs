//! The amounts of a sliding window's sub-windows: a ring of small integers.

/// A ring of amounts, addressed by a row number that only grows.
///
/// Rows are 32 bits wide while every amount fits, as nearly all do; the first that does not widens
/// the ring.
///
/// # Complexity
/// 4 bytes a row (8 once widened), allocated once.
#[derive(Debug)]
pub(super) enum Rows {
    Narrow(Box<[u32]>),
    Wide(Box<[u64]>),
}

impl Rows {
    /// `len` rows of zero; `len` is at least 1.
    pub(super) fn new(len: usize, capacity: u64) -> Self {
        if u32::try_from(capacity).is_ok() {
            Self::Narrow(vec![0; len].into_boxed_slice())
        } else {
            Self::Wide(vec![0; len].into_boxed_slice())
        }
    }

    pub(super) fn len(&self) -> u64 {
        let len = match self {
            Self::Narrow(rows) => rows.len(),
            Self::Wide(rows) => rows.len(),
        };
        u64::try_from(len).unwrap_or(u64::MAX)
    }

    pub(super) fn get(&self, row: u64) -> u64 {
        let at = self.slot(row);
        match self {
            Self::Narrow(rows) => rows.get(at).map_or(0, |&amount| u64::from(amount)),
            Self::Wide(rows) => rows.get(at).copied().unwrap_or(0),
        }
    }

    pub(super) fn set(&mut self, row: u64, amount: u64) {
        let at = self.slot(row);
        match (&mut *self, u32::try_from(amount)) {
            (Self::Narrow(rows), Ok(amount)) => {
                if let Some(slot) = rows.get_mut(at) {
                    *slot = amount;
                }
            }
            (Self::Narrow(rows), Err(_)) => {
                *self = Self::Wide(rows.iter().map(|&amount| u64::from(amount)).collect());
                self.set(row, amount);
            }
            (Self::Wide(rows), _) => {
                if let Some(slot) = rows.get_mut(at) {
                    *slot = amount;
                }
            }
        }
    }

    /// How far the first row that is not zero lies behind row `from`, going round the ring once.
    pub(super) fn first_held(&self, from: u64) -> Option<u64> {
        let at = self.slot(from);
        let distance = match self {
            Self::Narrow(rows) => first_from(rows, at),
            Self::Wide(rows) => first_from(rows, at),
        };
        distance.and_then(|distance| u64::try_from(distance).ok())
    }

    /// How far the last row that is not zero lies behind row `from`, going round the ring once.
    pub(super) fn last_held(&self, from: u64) -> Option<u64> {
        let at = self.slot(from);
        let distance = match self {
            Self::Narrow(rows) => last_from(rows, at),
            Self::Wide(rows) => last_from(rows, at),
        };
        distance.and_then(|distance| u64::try_from(distance).ok())
    }

    fn slot(&self, row: u64) -> usize {
        let at = row.checked_rem(self.len()).unwrap_or(0);
        usize::try_from(at).unwrap_or(0)
    }
}

fn first_from<T: Copy + Default + PartialEq>(rows: &[T], at: usize) -> Option<usize> {
    let (before, after) = rows.split_at_checked(at)?;
    after
        .iter()
        .chain(before)
        .position(|amount| *amount != T::default())
}

fn last_from<T: Copy + Default + PartialEq>(rows: &[T], at: usize) -> Option<usize> {
    let (before, after) = rows.split_at_checked(at)?;
    let back = before.iter().rev().chain(after.iter().rev());
    let distance = back.clone().position(|amount| *amount != T::default())?;
    rows.len().checked_sub(distance)?.checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_and_last_rows_that_hold_something_are_found_round_the_ring() {
        let mut rows = Rows::new(4, 100);
        assert_eq!((rows.first_held(9), rows.last_held(9)), (None, None));
        rows.set(10, 5);
        assert_eq!((rows.first_held(9), rows.last_held(9)), (Some(1), Some(1)));
        rows.set(12, 6);
        assert_eq!((rows.first_held(9), rows.last_held(9)), (Some(1), Some(3)));
        assert_eq!(
            (rows.first_held(11), rows.last_held(11)),
            (Some(1), Some(3)),
            "round the ring"
        );
    }

    #[test]
    fn an_amount_above_32_bits_widens_the_ring_and_keeps_the_others() {
        let mut rows = Rows::new(3, 100);
        rows.set(7, 5);
        rows.set(8, u64::from(u32::MAX) + 1);
        assert!(matches!(rows, Rows::Wide(_)));
        assert_eq!(
            (rows.get(7), rows.get(8), rows.get(9)),
            (5, u64::from(u32::MAX) + 1, 0)
        );
    }
}
