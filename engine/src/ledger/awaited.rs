//! Whose answers a ledger waits for: so that who waits too knows when one has come, though the next is asked for already.

#![cfg_attr(
    not(feature = "actors"),
    expect(dead_code, reason = "only actors are waited for")
)]

use super::Ledger;
use super::durable::Errand;

/// How many answers a ledger has had of whom it waits for; `None` for whom it does not wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Awaited {
    origin: Option<u8>,
    store: Option<u8>,
}

impl Awaited {
    /// Leaves out what is not waited for, since it does not answer.
    pub(crate) fn only(self, origin: bool, store: bool) -> Self {
        Self {
            origin: self.origin.filter(|_| origin),
            store: self.store.filter(|_| store),
        }
    }

    /// Whether what was waited for `then` has not answered since.
    pub(crate) fn still(self, then: Self) -> bool {
        then.origin.is_some() && self.origin == then.origin
            || then.store.is_some() && self.store == then.store
    }
}

/// How many answers came so far; who sleeps until the count comes round waits for one more.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answers {
    origin: u8,
    store: u8,
}

impl Answers {
    pub(super) fn of_origin(&mut self) {
        self.origin = self.origin.wrapping_add(1);
    }

    /// An answer of the store of shared limits, or that it gave none.
    pub(super) fn of_store(&mut self) {
        self.store = self.store.wrapping_add(1);
    }
}

impl Ledger {
    pub(crate) fn awaited(&self) -> Awaited {
        Awaited {
            origin: (self.errand != Errand::None).then_some(self.answers.origin),
            store: self.calling.then_some(self.answers.store),
        }
    }
}
