//! More words of one lease, for a tenant that many threads ask at once.

use crossbeam_utils::CachePadded;

use crate::budget::Budget;
use crate::sync::{AtomicU64, Ordering, parallelism, thread_number};

/// The words of one lease: a thread takes from its own, so that threads don't contend.
///
/// # Complexity
/// 128 bytes each, on cache lines of its own.
#[derive(Debug)]
pub(crate) struct Stripes {
    first: CachePadded<AtomicU64>,
    /// One less than a power of two.
    others: Box<[CachePadded<AtomicU64>]>,
}

impl Stripes {
    /// As many as threads can run at once, up to 16.
    pub(crate) fn new() -> Self {
        const MOST: usize = 16;
        let many = std::cmp::min(parallelism(), MOST).next_power_of_two();
        let empty = || CachePadded::new(AtomicU64::new(0));
        Self {
            first: empty(),
            others: std::iter::repeat_with(empty)
                .take(many.saturating_sub(1))
                .collect(),
        }
    }

    /// This thread's own.
    #[inline]
    pub(crate) fn mine(&self) -> &AtomicU64 {
        // The length is a mask; where it hits the length itself, the first is meant.
        let mine = thread_number() & self.others.len();
        self.others.get(mine).unwrap_or(&self.first)
    }

    fn each(&self) -> impl Iterator<Item = &AtomicU64> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .map(|word| &**word)
    }

    pub(crate) fn drain(&self) -> Budget {
        // As in `LeaseWord::drain`.
        self.each()
            .map(|word| Budget::unpacked(word.swap(0, Ordering::AcqRel)))
            .fold(Budget::default(), Budget::and)
    }

    /// An equal part for each, and the rest for the caller's own: near the end that is all of it.
    pub(crate) fn fill(&self, epoch: u64, budget: Budget) {
        let many = u64::try_from(self.others.len())
            .unwrap_or(0)
            .saturating_add(1);
        let part = budget.part(many);
        let rest = budget.without(part, many.saturating_sub(1));
        let mine: *const AtomicU64 = self.mine();
        for word in self.each() {
            let share = if std::ptr::eq(word, mine) { rest } else { part };
            // Release: as in `LeaseWord::fill`.
            word.store(share.word_of(epoch), Ordering::Release);
        }
    }
}

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_drained_and_the_filler_has_the_rest() {
        let stripes = Stripes::new();
        let budget = Budget {
            requests: 7,
            tokens: 1,
        };
        stripes.fill(3, budget);
        let mine = Budget::unpacked(stripes.mine().load(Ordering::Relaxed));
        assert!(mine.requests >= 1 && mine.tokens == 1, "{mine:?}");
        assert_eq!(stripes.drain(), budget);
        assert_eq!(stripes.drain(), Budget::default());
    }
}
