//! A lease word for each class of requests: those that the same limits are for.

use crate::lease_word::LeaseWord;
use crate::plan::Plan;
use crate::scope::Scope;
use crate::sync::{Arc, AtomicU64, Ordering};

/// How many classes of a plan get a word; requests of others are decided under the lock.
const MOST: usize = 8;
/// Stands for no class: there is none of 64 limits that are all conditional and all match.
const NONE: u64 = u64::MAX;

/// The words of the classes that are in use, under one plan.
///
/// # Concurrency
/// A word keeps its class for good: with another plan come other `Classes`. So a taker that found its
/// class here takes what is charged to just the limits that this plan has for it. After a swap the words of
/// the old plan are drained and never filled again.
#[derive(Debug)]
pub(crate) struct Classes {
    plan: Arc<Plan>,
    words: [ClassWord; MOST],
}

#[derive(Debug)]
struct ClassWord {
    class: AtomicU64,
    lease: LeaseWord,
}

impl Classes {
    pub(crate) fn new(plan: Arc<Plan>) -> Self {
        let none = || ClassWord {
            class: AtomicU64::new(NONE),
            lease: LeaseWord::new(),
        };
        Self {
            plan,
            words: std::array::from_fn(|_| none()),
        }
    }

    /// The class of requests of this scope: a bit for each place of a conditional limit that is for it.
    #[inline]
    pub(crate) fn class_of(&self, scope: &Scope<'_>) -> u64 {
        self.plan.class_of(scope)
    }

    /// The word of a class, if it has one.
    #[inline]
    pub(crate) fn find(&self, class: u64) -> Option<&LeaseWord> {
        // Acquire pairs with the Release in `claim`. A word that is found before it was ever filled
        // is empty.
        let mine = |word: &&ClassWord| word.class.load(Ordering::Acquire) == class;
        self.words.iter().find(mine).map(|word| &word.lease)
    }

    /// The word of a class, which gets one if there is one left. Under the ledger's lock only.
    pub(crate) fn claim(&self, class: u64) -> Option<&LeaseWord> {
        if class == NONE {
            return None;
        }
        self.find(class).or_else(|| {
            // Relaxed: only the lock's holder writes it.
            let free = |word: &&ClassWord| word.class.load(Ordering::Relaxed) == NONE;
            let word = self.words.iter().find(free)?;
            word.class.store(class, Ordering::Release);
            Some(&word.lease)
        })
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = &LeaseWord> {
        self.words.iter().map(|word| &word.lease)
    }
}
