//! Tells of refused statements without flooding the log.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use crate::Refused;

/// How many statements are told of, at most. A program has fewer that are wrong; whoever makes them up has no end.
const MOST: usize = 256;

/// Which refused statements were told of.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    seed: RandomState,
    told: Mutex<HashSet<u64>>,
}

impl Refusals {
    /// Once for each text: the rule and the part that broke it, not the text, which may hold values.
    pub(crate) fn note(&self, sql: &str, refused: &Refused) {
        if self.is_news(sql) {
            tracing::warn!(reason = %refused.reason(), at = refused.at(), "statement refused");
        }
    }

    fn is_news(&self, sql: &str) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < MOST && told.insert(self.seed.hash_one(sql))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_told_of_once_and_no_more_than_256_texts_are() {
        let refusals = Refusals::default();
        assert!(refusals.is_news("DROP TABLE t0"));
        assert!(!refusals.is_news("DROP TABLE t0"));
        let told = (1..1000).filter(|n| refusals.is_news(&format!("DROP TABLE t{n}")));
        assert_eq!(told.count(), MOST - 1);
    }
}
