//! The atomics in front of a ledger: what a decision touches before it takes the lock.

use crate::budget::Budget;
use crate::clock::Timestamp;
use crate::deny_word::DenyWord;
use crate::lease_word::{Drained, LeaseWord, Take};
use crate::scope::Scope;
use crate::stripes::Stripes;
use crate::sync::{Arc, AtomicBool, OnceBox, Ordering, Snapshot};

use super::Classes;

/// The atomics in front of a ledger: what a decision touches before it takes the lock.
#[derive(Debug)]
pub(crate) struct Front {
    /// For requests without a scope, and for all requests if the plan tells none apart.
    pub(crate) lease: LeaseWord,
    pub(crate) deny: DenyWord,
    rare: OnceBox<Rare>,
    /// Whether a permit that is dropped has a slot to free.
    has_slots: AtomicBool,
    /// The config source no longer knows the tenant: a lookup by id does not find it.
    removed: AtomicBool,
}

/// What few tenants need.
#[derive(Debug)]
struct Rare {
    /// In use instead of the word of `lease`, once they are there.
    stripes: OnceBox<Stripes>,
    /// For a plan with limits that are only for some requests.
    classes: Snapshot<Option<Classes>>,
}

impl Rare {
    fn new() -> Self {
        Self {
            stripes: OnceBox::new(),
            classes: Snapshot::new(Arc::new(None)),
        }
    }
}

impl Front {
    pub(crate) fn new() -> Self {
        Self {
            lease: LeaseWord::new(),
            deny: DenyWord::new(),
            rare: OnceBox::new(),
            has_slots: AtomicBool::new(false),
            removed: AtomicBool::new(false),
        }
    }

    /// Takes `need` at `now` from the word that is for `scope`, all of it or nothing.
    #[inline]
    pub(crate) fn take(&self, now: Timestamp, need: Budget, scope: &Scope<'_>) -> Take {
        let scoped = !scope.is_empty();
        match self.lease.take(self.stripes(), now, need, scoped) {
            Take::Short if scoped => self.take_in_class(now, need, scope),
            taken @ (Take::Taken(_) | Take::Short | Take::Unsure(_)) => taken,
        }
    }

    /// Takes from the word of the class of `scope`, if there is one.
    #[cold]
    fn take_in_class(&self, now: Timestamp, need: Budget, scope: &Scope<'_>) -> Take {
        let Some(rare) = self.rare.get() else {
            return Take::Short;
        };
        rare.classes.with(|classes| {
            let word = classes
                .as_ref()
                .and_then(|classes| classes.find(classes.class_of(scope)));
            word.map_or(Take::Short, |word| word.take(None, now, need, false))
        })
    }

    #[inline]
    fn stripes(&self) -> Option<&Stripes> {
        self.rare.get()?.stripes.get()
    }

    /// Gives the tenant a word for each thread, if it has none. Under the ledger's lock only, with the
    /// word empty.
    pub(crate) fn stripe(&self) {
        let rare = self.rare.get_or_init(|| Box::new(Rare::new()));
        rare.stripes.get_or_init(|| Box::new(Stripes::new()));
    }

    /// Whether `lease` has more than one word.
    pub(crate) fn is_striped(&self) -> bool {
        self.stripes().is_some()
    }

    /// The words of the classes of the plan in force, if it has been asked for before.
    /// Under the ledger's lock only.
    pub(crate) fn classes(&self) -> Option<Arc<Option<Classes>>> {
        self.rare.get().map(|rare| rare.classes.own())
    }

    /// Puts other classes in force. Under the ledger's lock only, with the words of the old ones empty.
    pub(crate) fn set_classes(&self, classes: Option<Classes>) -> Arc<Option<Classes>> {
        let classes = Arc::new(classes);
        let rare = self.rare.get_or_init(|| Box::new(Rare::new()));
        rare.classes.store(Arc::clone(&classes));
        classes
    }

    /// Another plan is in force: its classes are others. Under the ledger's lock only, with all words empty.
    pub(crate) fn forget_classes(&self) {
        if self.classes().is_some_and(|classes| classes.is_some()) {
            let _none = self.set_classes(None);
        }
    }

    /// Whether any word was filled and not drained since. Under the ledger's lock, or by the tenant's sole owner.
    pub(crate) fn has_lease(&self) -> bool {
        let classes = self.classes();
        let classes = classes.as_deref().and_then(Option::as_ref);
        let in_class = |classes: &Classes| classes.each().any(LeaseWord::is_out);
        self.lease.is_out() || classes.is_some_and(in_class)
    }

    /// Empties every word, and hands out what was on lease. Under the ledger's lock only.
    pub(crate) fn drain_all(&self, with: impl FnMut(Drained)) {
        self.drain_if(|_| true, with);
    }

    /// As [`drain_all`](Self::drain_all), for words that must not be spent any more at `now`: a clock that jumps
    /// back would bring them to life again. Under the ledger's lock only.
    pub(crate) fn drain_ended(&self, now: Timestamp, with: impl FnMut(Drained)) {
        self.drain_if(|word| word.has_ended(now), with);
    }

    fn drain_if(&self, which: impl Fn(&LeaseWord) -> bool, mut with: impl FnMut(Drained)) {
        if which(&self.lease) {
            self.drain().into_iter().for_each(&mut with);
        }
        if let Some(classes) = self.classes().as_deref().and_then(Option::as_ref) {
            for word in classes.each().filter(|word| which(word)) {
                word.drain(None).into_iter().for_each(&mut with);
            }
        }
    }

    /// Empties the word for requests without a scope. Under the ledger's lock only.
    pub(crate) fn drain(&self) -> Option<Drained> {
        self.lease.drain(self.stripes())
    }

    /// Fills it again. Under the ledger's lock only.
    pub(crate) fn fill(&self, budget: Budget) {
        self.lease.fill(self.stripes(), budget);
    }

    /// Whether the tenant was removed. The ledger refuses in any case; this is for lookups by id.
    pub(crate) fn is_removed(&self) -> bool {
        // Acquire pairs with the Release in `announce`: who finds the tenant back finds its plan.
        self.removed.load(Ordering::Acquire)
    }

    /// Whether the plan that some permit was admitted under may have slots to free.
    ///
    /// `false` is certain for the caller's own permit: the flag was stored before the word was filled
    /// that the permit was taken from, or under the lock that it was admitted under.
    #[inline]
    pub(crate) fn has_slots(&self) -> bool {
        // Relaxed: see above; a `true` too many costs a lock and changes nothing.
        self.has_slots.load(Ordering::Relaxed)
    }

    /// Tells takers whether permits have slots to free. Under the ledger's lock only.
    pub(crate) fn announce_slots(&self, slots: bool) {
        // Relaxed: published by the Release of the word that is filled later, or by the lock.
        self.has_slots.store(slots, Ordering::Relaxed);
    }

    /// Tells lookups whether the tenant is removed. Under the ledger's lock only.
    pub(crate) fn announce_removed(&self, removed: bool) {
        // Release: see `is_removed`.
        self.removed.store(removed, Ordering::Release);
    }
}
