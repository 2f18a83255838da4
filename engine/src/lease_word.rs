//! The budget that lies ready in front of a tenant's ledger, to be taken with one CAS.
//!
//! The word packs what is left to spend as `[tag 8 | requests 24 | tokens 32]` (see [`Budget`]). All of it was charged to
//! every limit when the word was filled, so taking from it charges every limit at once, or none.
//! Beside it stand the number of the epoch that the word belongs to, the time until which it may be spent,
//! and the epoch's start and the limits that it is charged to, which a permit needs to be settled later.
//!
//! # Concurrency
//! Only the holder of the ledger's lock fills or drains; anyone may take.
//!
//! *Opening an epoch* stores what belongs to it, then its number, then the word, after a drain that left
//! the word empty. *Taking* loads the number, then what belongs to it, and swaps the word if its tag is the
//! epoch's. Say the taker read epoch k:
//! - The number was stored after what belongs to it, so all that is of k or of a later epoch.
//! - If one of them is of a later epoch, then k's word was drained before it was stored; the taker's
//!   swap of the word comes after, so it finds the drained word or a later one: no tag of k.
//! - So a word with k's tag is k's word, and all that was read is k's, or 256 epochs have passed
//!   between two of these loads. The load of `epoch` after the swap tells the two apart. In the second
//!   case the taker doesn't know which epoch it took from: it gives back under the lock, as of epoch k,
//!   and asks the ledger. A refund to an older row than the charged one never admits too much.
//!
//! A word that was drained and filled again to the same bits *in the same epoch* is as good to take from.
//!
//! *Stripes* are more words of the same epoch, each on a cache line of its own, for a tenant that many
//! threads ask at once. All of the above holds for each of them: they share what is read, and a taker
//! takes from one.

use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::stripes::Stripes;
use crate::sync::{AtomicU64, Ordering, Published, Tally};

/// What was taken from a word: the epoch that it was charged in, and an instant of that epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Charge {
    pub(crate) epoch: u64,
    /// In every limit's row that was charged, or in an older one.
    pub(crate) at: Timestamp,
    /// The limits that were charged: a bit each, see [`Tenure`](crate::meter::Tenure).
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
    epoch: Published,
    /// Exclusive, and even: its lowest bit says whether requests with a scope may take too, which they
    /// may only if the word is charged to every limit.
    until: Published,
    start: Published,
    seats: Published,
    word: AtomicU64,
    /// What the word and its stripes were filled with. Under the ledger's lock only.
    granted: Tally,
    /// How often a taker had to try again, since it was last asked.
    collisions: Tally,
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

/// A lease that is over: what it was, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Drained {
    /// The charge that a permit taken from it carries.
    pub(crate) charge: Charge,
    pub(crate) granted: Budget,
    pub(crate) unspent: Budget,
}

const ANY_SCOPE: u64 = 1;

impl LeaseWord {
    pub(crate) fn new() -> Self {
        Self {
            epoch: Published::new(0),
            until: Published::new(0),
            start: Published::new(0),
            seats: Published::new(0),
            word: AtomicU64::new(0),
            granted: Tally::default(),
            collisions: Tally::default(),
        }
    }

    /// Takes `need` at `now`, all of it or nothing; `scoped` says that the request has a scope.
    ///
    /// # Complexity
    /// Six loads and one CAS, on one cache line (two with `stripes`); lock-free (a failed CAS means that
    /// another thread took, filled or drained).
    #[inline]
    pub(crate) fn take(
        &self,
        stripes: Option<&Stripes>,
        now: Timestamp,
        need: Budget,
        scoped: bool,
    ) -> Take {
        let place = stripes.map_or(&self.word, Stripes::mine);
        loop {
            // Relaxed: the swap below checks the value again. First, since an empty word is all that a
            // throttled tenant's requests need to see.
            let word = place.load(Ordering::Relaxed);
            let Some(left) = need.taken_from(word) else {
                return Take::Short;
            };
            // Acquire, in this order: see the module's page.
            let epoch = self.epoch.load(Ordering::Acquire);
            let until = self.until.load(Ordering::Acquire);
            let start = self.start.load(Ordering::Acquire);
            let seats = self.seats.load(Ordering::Acquire);
            let barred = scoped && until & ANY_SCOPE == 0;
            let over = now.as_nanos() >= until & !ANY_SCOPE;
            if over || barred || !Budget::is_of(word, epoch) {
                return Take::Short;
            }
            // Acquire pairs with the Release that filled the word, so that the load of `epoch` below
            // sees at least the word's own. Nothing is published by taking: the drain reads only the
            // word itself. Relaxed on failure: the loop starts over.
            let swapped =
                place.compare_exchange_weak(word, left, Ordering::Acquire, Ordering::Relaxed);
            if swapped.is_ok() {
                let at = Timestamp::from_nanos(start);
                return self.vouch(Charge { epoch, at, seats });
            }
            // A rough count, of which the next visit under the lock takes note.
            self.collisions.add_one();
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

    /// What is out on this lease and not spent yet, if it is still to be spent at `now`. Under the ledger's
    /// lock only, and without stripes.
    pub(crate) fn peek(&self, now: Timestamp) -> Option<(Budget, Charge)> {
        // Relaxed: the caller has the lock, so filling is ordered; takers only make it less.
        let live = self.is_out() && !self.has_ended(now);
        let unspent = Budget::unpacked(self.word.load(Ordering::Relaxed));
        live.then(|| (unspent, self.charge()))
    }

    /// Whether it was filled and not drained since. Under the ledger's lock only.
    pub(crate) fn is_out(&self) -> bool {
        self.granted.get() != 0
    }

    /// Whether something is out that is no longer to be spent at `now`. Under the ledger's lock only.
    pub(crate) fn has_ended(&self, now: Timestamp) -> bool {
        self.is_out() && now.as_nanos() >= self.until.own() & !ANY_SCOPE
    }

    fn charge(&self) -> Charge {
        Charge {
            epoch: self.epoch.own(),
            at: Timestamp::from_nanos(self.start.own()),
            seats: self.seats.own(),
        }
    }

    /// Empties the word and its stripes and says what was left in them. Under the ledger's lock only.
    pub(crate) fn drain(&self, stripes: Option<&Stripes>) -> Option<Drained> {
        let granted = Budget::unpacked(self.granted.get());
        if granted.is_nothing() {
            return None;
        }
        self.granted.set(0);
        // Relaxed would do for the amounts; Release orders it before the stores of the next epoch
        // for takers that see those (a taker that reads `until` of the next epoch finds no old word),
        // Acquire keeps the ledger's reckoning after it.
        let unspent = Budget::unpacked(self.word.swap(0, Ordering::AcqRel));
        let striped = stripes.map_or(Budget::default(), Stripes::drain);
        Some(Drained {
            charge: self.charge(),
            granted,
            unspent: unspent.and(striped),
        })
    }

    /// Fills the empty word, or its stripes, for the epoch that is open. Under the ledger's lock only.
    pub(crate) fn fill(&self, stripes: Option<&Stripes>, budget: Budget) {
        self.granted.set(budget.packed());
        let epoch = self.epoch.own();
        match stripes {
            Some(stripes) => stripes.fill(epoch, budget),
            // Release: who takes from it sees its epoch.
            None => self.word.store(budget.word_of(epoch), Ordering::Release),
        }
    }

    /// Whether so many takers got into each other's way since it was last asked that stripes would help.
    pub(crate) fn is_crowded(&self) -> bool {
        const MANY: u64 = 64;
        let collisions = self.collisions.get();
        if collisions > 0 {
            self.collisions.set(0);
        }
        collisions >= MANY
    }

    /// The number of the epoch that is open, if it ends then and is charged so. Under the ledger's lock only.
    pub(crate) fn open_epoch_like(&self, epoch: &Epoch) -> Option<u64> {
        let same = self.until.own() == flagged(epoch) && self.seats.own() == epoch.seats;
        same.then(|| self.epoch.own())
    }

    /// Opens an epoch for the empty word. Under the ledger's lock only, after a drain.
    pub(crate) fn open(&self, epoch: &Epoch) {
        // Release, the number last: see the module's page.
        self.until.store(flagged(epoch), Ordering::Release);
        self.start.store(epoch.start.as_nanos(), Ordering::Release);
        self.seats.store(epoch.seats, Ordering::Release);
        self.epoch.store(epoch.number, Ordering::Release);
    }
}

/// The time until which an epoch lasts, with its lowest bit as the field has it.
fn flagged(epoch: &Epoch) -> u64 {
    epoch.until.as_nanos() & !ANY_SCOPE | u64::from(epoch.for_any_scope)
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

    fn drained(word: &LeaseWord) -> Budget {
        word.drain(None)
            .map_or(Budget::default(), |lease| lease.unspent)
    }

    fn peeked(word: &LeaseWord) -> Budget {
        word.peek(time(100)).unwrap().0
    }

    fn filled(epoch: u64) -> LeaseWord {
        let word = LeaseWord::new();
        word.open(&opened(epoch, 100, 200));
        word.fill(None, budget(2, 10));
        word
    }

    #[test]
    fn all_dimensions_are_taken_or_none() {
        let word = filled(1);
        assert_eq!(
            word.take(None, time(150), budget(1, 11), false),
            Take::Short
        );
        assert_eq!(word.take(None, time(150), budget(3, 1), false), Take::Short);
        assert_eq!(peeked(&word), budget(2, 10));
        let charge = Charge {
            epoch: 1,
            at: time(100),
            seats: 5,
        };
        assert_eq!(
            word.take(None, time(150), budget(1, 10), false),
            Take::Taken(charge)
        );
        assert_eq!(drained(&word), budget(1, 0));
    }

    #[test]
    fn a_word_is_not_spent_past_its_time() {
        assert_eq!(
            filled(1).take(None, time(200), budget(1, 1), false),
            Take::Short
        );
    }

    #[test]
    fn a_drained_word_has_nothing_for_any_epoch() {
        for epoch in [0, 1, 256, u64::MAX] {
            let word = filled(epoch);
            drained(&word);
            assert_eq!(
                word.take(None, time(150), budget(1, 0), false),
                Take::Short,
                "{epoch}"
            );
        }
    }

    #[test]
    fn a_word_that_is_not_charged_to_every_limit_is_not_for_requests_with_a_scope() {
        let word = filled(1);
        assert_eq!(word.take(None, time(150), budget(1, 1), true), Take::Short);
        drained(&word);
        word.open(&Epoch {
            for_any_scope: true,
            ..opened(2, 100, 200)
        });
        word.fill(None, budget(1, 1));
        assert!(matches!(
            word.take(None, time(150), budget(1, 1), true),
            Take::Taken(_)
        ));
    }

    #[test]
    fn a_word_of_another_epoch_is_not_taken() {
        let word = filled(1);
        word.open(&opened(2, 200, 300));
        assert_eq!(word.take(None, time(250), budget(1, 1), false), Take::Short);
    }

    #[test]
    fn a_taker_that_was_held_up_for_256_epochs_knows_that_it_does_not_know() {
        let charge = Charge {
            epoch: 1,
            at: time(100),
            seats: 5,
        };
        let word = filled(1);
        word.open(&opened(256, 200, 300));
        assert_eq!(word.vouch(charge), Take::Taken(charge));
        word.open(&opened(257, 200, 300));
        assert_eq!(word.vouch(charge), Take::Unsure(charge));
    }
}
