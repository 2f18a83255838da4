//! The memory of the last denial, so that a throttled tenant costs a few loads and no lock.
//!
//! A denial found under the lock stays true until its retry instant, for the same cost, as long as
//! nothing is charged or given back in between. The ledger keeps it that way: while a denial is
//! remembered the lease word is empty, so whatever changes usage takes the lock, and forgets it first.
//!
//! # Concurrency
//! A sequence lock over atomics. Only the holder of the ledger's lock writes. A reader that meets a
//! writer learns nothing and takes the lock.

use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::sync::{AtomicU64, Ordering, fence};

/// See the module's page.
#[derive(Debug)]
pub(crate) struct DenyWord {
    /// Odd while it is being written.
    sequence: AtomicU64,
    /// The cost that was denied, packed; 0 (no cost is) when nothing is remembered.
    cost: AtomicU64,
    retry_at: AtomicU64,
    /// Which limit said no, in which generation of the plan, and for which scopes.
    binding: AtomicU64,
}

/// What is remembered of a denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) retry_at: Timestamp,
    pub(crate) binding: Binding,
    /// Whether it is true whatever a request is about, or only of requests without a scope.
    pub(crate) for_any_scope: bool,
}

/// The limit that said no: its place in the plan of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) generation: u64,
    /// How far above the tenant: 0 is its own limit, 1 its parent's.
    pub(crate) above: u8,
    pub(crate) limit: u8,
}

impl Remembered {
    /// The binding and the scope in one word: `[generation 48 | any scope 8 | limit 8]`.
    fn packed(self) -> u64 {
        let limit = u64::from(self.binding.limit);
        self.binding.generation << 16 | u64::from(self.for_any_scope) << 8 | limit
    }

    fn unpacked(retry_at: u64, bits: u64) -> Self {
        let [limit, any_scope, ..] = bits.to_le_bytes();
        Self {
            retry_at: Timestamp::from_nanos(retry_at),
            binding: Binding {
                generation: bits >> 16,
                // Only a tenant's own limits are remembered.
                above: 0,
                limit,
            },
            for_any_scope: any_scope != 0,
        }
    }
}

impl DenyWord {
    pub(crate) fn new() -> Self {
        Self {
            sequence: AtomicU64::new(0),
            cost: AtomicU64::new(0),
            retry_at: AtomicU64::new(0),
            binding: AtomicU64::new(0),
        }
    }

    /// The denial of just this `cost`, if it is remembered and true until after `latest`, which it is now at
    /// the latest; `scoped` says that the request has a scope.
    ///
    /// # Complexity
    /// Two loads when there is nothing to find, five when there is; no write.
    #[inline]
    pub(crate) fn find(&self, latest: Timestamp, cost: Budget, scoped: bool) -> Option<Remembered> {
        // Acquire: what is read next is not older than what this sequence published.
        let before = self.sequence.load(Ordering::Acquire);
        // Relaxed: the fence and the second look at the sequence vouch for these.
        if self.cost.load(Ordering::Relaxed) != cost.packed() {
            return None;
        }
        let retry_at = self.retry_at.load(Ordering::Relaxed);
        if latest.as_nanos() >= retry_at {
            return None;
        }
        let binding = self.binding.load(Ordering::Relaxed);
        // Acquire: had one of the loads above seen a later write, this load would see its odd number.
        fence(Ordering::Acquire);
        let after = self.sequence.load(Ordering::Relaxed);
        let whole = before == after && before & 1 == 0;
        let found = Remembered::unpacked(retry_at, binding);
        (whole && (found.for_any_scope || !scoped)).then_some(found)
    }

    /// Remembers the denial of `cost`. Under the ledger's lock only, with the lease word empty.
    pub(crate) fn arm(&self, cost: Budget, denial: Remembered) {
        self.write(|word| {
            word.retry_at
                .store(denial.retry_at.as_nanos(), Ordering::Relaxed);
            word.binding.store(denial.packed(), Ordering::Relaxed);
            word.cost.store(cost.packed(), Ordering::Relaxed);
        });
    }

    /// Forgets what is remembered. Under the ledger's lock only, before usage changes.
    pub(crate) fn disarm(&self) {
        self.write(|word| word.cost.store(0, Ordering::Relaxed));
    }

    fn write(&self, fields: impl FnOnce(&Self)) {
        // Relaxed: only the lock's holder writes it.
        let sequence = self.sequence.load(Ordering::Relaxed);
        self.sequence
            .store(sequence.wrapping_add(1), Ordering::Relaxed);
        // Release: who sees a field below sees the odd number above.
        fence(Ordering::Release);
        fields(self);
        // Release: who sees the even number sees the fields.
        self.sequence
            .store(sequence.wrapping_add(2), Ordering::Release);
    }
}

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;

    const COST: Budget = Budget {
        requests: 1,
        tokens: 5,
    };

    fn armed() -> (DenyWord, Remembered) {
        let word = DenyWord::new();
        let denial = Remembered {
            retry_at: Timestamp::from_nanos(100),
            binding: Binding {
                generation: 7,
                above: 0,
                limit: 3,
            },
            for_any_scope: false,
        };
        word.arm(COST, denial);
        (word, denial)
    }

    #[test]
    fn the_same_cost_is_denied_until_the_time_comes() {
        let (word, denial) = armed();
        assert_eq!(
            word.find(Timestamp::from_nanos(99), COST, false),
            Some(denial)
        );
        assert_eq!(word.find(Timestamp::from_nanos(100), COST, false), None);
    }

    #[test]
    fn another_cost_asks_the_ledger() {
        let (word, _) = armed();
        for (requests, tokens) in [(1, 4), (1, 6), (2, 5), (0, 5)] {
            assert_eq!(
                word.find(Timestamp::ZERO, Budget { requests, tokens }, false),
                None
            );
        }
    }

    #[test]
    fn what_is_forgotten_is_not_found() {
        let (word, _) = armed();
        word.disarm();
        assert_eq!(word.find(Timestamp::ZERO, COST, false), None);
    }

    #[test]
    fn what_is_true_without_a_scope_is_not_told_to_a_request_with_one() {
        let (word, denial) = armed();
        assert_eq!(word.find(Timestamp::ZERO, COST, true), None);
        let denial = Remembered {
            for_any_scope: true,
            ..denial
        };
        word.arm(COST, denial);
        assert_eq!(word.find(Timestamp::ZERO, COST, true), Some(denial));
    }
}
