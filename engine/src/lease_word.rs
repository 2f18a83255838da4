//! The budget that lies ready in front of a tenant's ledger, to be taken with one CAS.
//!
//! The word packs what is left to spend as `[tag 8 | requests 24 | tokens 32]`. All of it was charged to
//! every limit when the word was filled, so taking from it charges every limit at once, or none.
//! Beside it stand the number of the epoch that the word belongs to, the time until which it may be spent,
//! and the epoch's start and the limits that it is charged to, which a permit needs to be settled later.
//!
//! # Concurrency
//! Only the holder of the ledger's lock fills or drains; anyone may take.
//!
//! *Opening an epoch* stores what belongs to it, then its number, then the word, after a drain that left
//! the word empty. *Taking* loads the number, then what belongs to it, then the word, and swaps the word
//! if its tag is the epoch's. Say the taker read epoch k:
//! - The number was stored after what belongs to it, so all that is of k or of a later epoch.
//! - If one of them is of a later epoch, then k's word was drained before it was stored; the taker's
//!   load of the word comes after, so it finds the drained word or a later one: no tag of k.
//! - So a word with k's tag is k's word, and all that was read is k's, or 256 epochs have passed
//!   between two of these loads. The load of `epoch` after the swap tells the two apart. In the second
//!   case the taker doesn't know which epoch it took from: it gives back under the lock, as of epoch k,
//!   and asks the ledger. A refund to an older row than the charged one never admits too much.
//!
//! A word that was drained and filled again to the same bits *in the same epoch* is as good to take from.

use crate::clock::Timestamp;
use crate::sync::{AtomicU64, Ordering};

const TOKEN_BITS: u32 = 32;
const REQUEST_BITS: u32 = 24;
const TAG_SHIFT: u32 = TOKEN_BITS + REQUEST_BITS;
const TOKEN_MASK: u64 = (1 << TOKEN_BITS) - 1;
const REQUEST_MASK: u64 = (1 << REQUEST_BITS) - 1;

/// The most requests that a word holds.
pub(crate) const MOST_REQUESTS: u64 = REQUEST_MASK;
/// The most tokens that a word holds.
pub(crate) const MOST_TOKENS: u64 = TOKEN_MASK;

/// Requests and tokens that fit a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Budget {
    pub(crate) requests: u64,
    pub(crate) tokens: u64,
}

impl Budget {
    /// A budget of so much, if a word can hold it and it is not nothing.
    #[inline]
    pub(crate) fn fitting(requests: u64, tokens: u64) -> Option<Self> {
        let fits = requests <= MOST_REQUESTS && tokens <= MOST_TOKENS;
        let some = requests > 0 || tokens > 0;
        (fits && some).then_some(Self { requests, tokens })
    }

    /// The word's bits without a tag.
    #[inline]
    pub(crate) fn packed(self) -> u64 {
        (self.requests & REQUEST_MASK) << TOKEN_BITS | (self.tokens & TOKEN_MASK)
    }

    fn unpacked(word: u64) -> Self {
        Self {
            requests: word >> TOKEN_BITS & REQUEST_MASK,
            tokens: word & TOKEN_MASK,
        }
    }
}

/// What was taken from a word: the epoch that it was charged in, and an instant of that epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) epoch: u64,
    /// In every limit's row that was charged, or in an older one.
    pub(crate) at: Timestamp,
    /// The limits that were charged: a bit each, see [`Meter::seat`](crate::meter::Meter::seat).
    pub(crate) seats: u64,
}

/// What came of taking from the word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// It is taken, and charged so.
    Taken(Charge),
    /// Nothing is taken, which says nothing about the limits: the ledger knows.
    Short,
    /// It is taken, at the time of this charge or later: to be given back, and the ledger to be asked.
    Unsure(Charge),
}

/// See the module's page.
#[derive(Debug)]
pub(crate) struct LeaseWord {
    epoch: AtomicU64,
    until: AtomicU64,
    /// The same for requests with a scope: 0 if some limit is only for some requests, since the word is
    /// charged to the others alone.
    until_scoped: AtomicU64,
    start: AtomicU64,
    seats: AtomicU64,
    word: AtomicU64,
}

/// An epoch: for how long its word may be spent, and what that is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Epoch {
    pub(crate) number: u64,
    pub(crate) start: Timestamp,
    /// Exclusive.
    pub(crate) until: Timestamp,
    /// The limits that the word is charged to.
    pub(crate) seats: u64,
    /// Whether that is every limit, whatever a request is about.
    pub(crate) for_any_scope: bool,
}

impl LeaseWord {
    pub(crate) fn new() -> Self {
        Self {
            epoch: AtomicU64::new(0),
            until: AtomicU64::new(0),
            until_scoped: AtomicU64::new(0),
            start: AtomicU64::new(0),
            seats: AtomicU64::new(0),
            word: AtomicU64::new(0),
        }
    }

    /// Takes `need` at `now`, all of it or nothing; `scoped` says that the request has a scope.
    ///
    /// # Complexity
    /// Six loads and one CAS, all on one cache line; lock-free (a failed CAS means that another
    /// thread took, filled or drained).
    #[inline]
    pub(crate) fn take(&self, now: Timestamp, need: Budget, scoped: bool) -> Take {
        let until = if scoped {
            &self.until_scoped
        } else {
            &self.until
        };
        loop {
            // Acquire, in this order: see the module's page.
            let epoch = self.epoch.load(Ordering::Acquire);
            let until = until.load(Ordering::Acquire);
            let start = self.start.load(Ordering::Acquire);
            let seats = self.seats.load(Ordering::Acquire);
            if now.as_nanos() >= until {
                return Take::Short;
            }
            // Relaxed: the swap below checks the value again.
            let word = self.word.load(Ordering::Relaxed);
            let Some(left) = less(word, epoch, need) else {
                return Take::Short;
            };
            // Acquire pairs with the Release that filled the word, so that the load of `epoch` below
            // sees at least the word's own. Nothing is published by taking: the drain reads only the
            // word itself. Relaxed on failure: the loop starts over.
            let swapped =
                self.word
                    .compare_exchange_weak(word, left, Ordering::Acquire, Ordering::Relaxed);
            if swapped.is_ok() {
                let at = Timestamp::from_nanos(start);
                return self.vouch(Charge { epoch, at, seats });
            }
        }
    }

    /// Says whether what was taken is of the epoch that was read before.
    ///
    /// It is, unless 256 epochs have passed since: the taker was held up that long between two adjacent
    /// loads, and met a word of the same tag.
    #[inline]
    fn vouch(&self, charge: Charge) -> Take {
        // Relaxed: ordered after the Acquire of the swap, which is all that is needed.
        let now = self.epoch.load(Ordering::Relaxed);
        let sure = u8::try_from(now.wrapping_sub(charge.epoch)).is_ok();
        if sure {
            Take::Taken(charge)
        } else {
            Take::Unsure(charge)
        }
    }

    /// What the word holds now.
    pub(crate) fn peek(&self) -> Budget {
        // Relaxed: the caller has the lock, so filling is ordered; takers only make it less.
        Budget::unpacked(self.word.load(Ordering::Relaxed))
    }

    /// Empties the word and says what was left in it. Under the ledger's lock only.
    pub(crate) fn drain(&self) -> Budget {
        // Relaxed would do for the amounts; Release orders it before the stores of the next epoch
        // for takers that see those (a taker that reads `until` of the next epoch finds no old word),
        // Acquire keeps the ledger's reckoning after it.
        Budget::unpacked(self.word.swap(0, Ordering::AcqRel))
    }

    /// Fills the empty word for an epoch that is already open. Under the ledger's lock only.
    pub(crate) fn fill(&self, epoch: u64, budget: Budget) {
        // Release: who takes from this word sees its epoch.
        self.word
            .store(tag(epoch) | budget.packed(), Ordering::Release);
    }

    /// Opens an epoch for the empty word. Under the ledger's lock only, after a drain.
    pub(crate) fn open(&self, epoch: Epoch) {
        let scoped = if epoch.for_any_scope {
            epoch.until
        } else {
            Timestamp::ZERO
        };
        // Release, the number last: see the module's page.
        self.until.store(epoch.until.as_nanos(), Ordering::Release);
        self.until_scoped
            .store(scoped.as_nanos(), Ordering::Release);
        self.start.store(epoch.start.as_nanos(), Ordering::Release);
        self.seats.store(epoch.seats, Ordering::Release);
        self.epoch.store(epoch.number, Ordering::Release);
    }
}

/// The word after taking `need`, if it is of `epoch` and holds as much.
#[inline]
fn less(word: u64, epoch: u64, need: Budget) -> Option<u64> {
    let held = Budget::unpacked(word);
    let ours = word >> TAG_SHIFT == tag(epoch) >> TAG_SHIFT;
    let enough = held.requests >= need.requests && held.tokens >= need.tokens;
    // Neither field borrows from its neighbour, since each holds enough.
    (ours && enough).then(|| word.wrapping_sub(need.packed()))
}

#[inline]
fn tag(epoch: u64) -> u64 {
    epoch << TAG_SHIFT
}

#[cfg(all(test, not(tollgate_loom)))]
mod tests {
    use super::*;

    fn time(nanos: u64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    fn budget(requests: u64, tokens: u64) -> Budget {
        Budget { requests, tokens }
    }

    fn opened(number: u64, start: u64, until: u64) -> Epoch {
        let (start, until) = (time(start), time(until));
        Epoch {
            number,
            start,
            until,
            seats: 5,
            for_any_scope: false,
        }
    }

    fn filled(epoch: u64) -> LeaseWord {
        let word = LeaseWord::new();
        word.open(opened(epoch, 100, 200));
        word.fill(epoch, budget(2, 10));
        word
    }

    #[test]
    fn all_dimensions_are_taken_or_none() {
        let word = filled(1);
        assert_eq!(word.take(time(150), budget(1, 11), false), Take::Short);
        assert_eq!(word.take(time(150), budget(3, 1), false), Take::Short);
        assert_eq!(word.peek(), budget(2, 10));
        let charge = Charge {
            epoch: 1,
            at: time(100),
            seats: 5,
        };
        assert_eq!(
            word.take(time(150), budget(1, 10), false),
            Take::Taken(charge)
        );
        assert_eq!(word.drain(), budget(1, 0));
    }

    #[test]
    fn a_word_is_not_spent_past_its_time() {
        assert_eq!(filled(1).take(time(200), budget(1, 1), false), Take::Short);
    }

    #[test]
    fn a_drained_word_has_nothing_for_any_epoch() {
        for epoch in [0, 1, 256, u64::MAX] {
            let word = filled(epoch);
            word.drain();
            assert_eq!(
                word.take(time(150), budget(1, 0), false),
                Take::Short,
                "{epoch}"
            );
        }
    }

    #[test]
    fn a_word_that_is_not_charged_to_every_limit_is_not_for_requests_with_a_scope() {
        let word = filled(1);
        assert_eq!(word.take(time(150), budget(1, 1), true), Take::Short);
        word.drain();
        word.open(Epoch {
            for_any_scope: true,
            ..opened(2, 100, 200)
        });
        word.fill(2, budget(1, 1));
        assert!(matches!(
            word.take(time(150), budget(1, 1), true),
            Take::Taken(_)
        ));
    }

    #[test]
    fn a_word_of_another_epoch_is_not_taken() {
        let word = filled(1);
        word.open(opened(2, 200, 300));
        assert_eq!(word.take(time(250), budget(1, 1), false), Take::Short);
    }

    #[test]
    fn a_taker_that_was_held_up_for_256_epochs_knows_that_it_does_not_know() {
        let charge = Charge {
            epoch: 1,
            at: time(100),
            seats: 5,
        };
        let word = filled(1);
        word.open(opened(256, 200, 300));
        assert_eq!(word.vouch(charge), Take::Taken(charge));
        word.open(opened(257, 200, 300));
        assert_eq!(word.vouch(charge), Take::Unsure(charge));
    }

    #[test]
    fn a_budget_that_does_not_fit_is_not_truncated() {
        assert_eq!(Budget::fitting(MOST_REQUESTS + 1, 0), None);
        assert_eq!(Budget::fitting(0, MOST_TOKENS + 1), None);
        assert_eq!(Budget::fitting(0, 0), None);
        let most = budget(MOST_REQUESTS, MOST_TOKENS);
        assert_eq!(Budget::unpacked(most.packed()), most);
    }
}
