//! Requests and tokens, packed into one word: `[tag 8 | requests 24 | tokens 32]`.
//!
//! The tag is the epoch's number, cut short: enough to tell a word from those of its neighbours.

use crate::cost::Cost;

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
    fn fitting(requests: u64, tokens: u64) -> Option<Self> {
        let fits = requests <= MOST_REQUESTS && tokens <= MOST_TOKENS;
        let some = requests > 0 || tokens > 0;
        (fits && some).then_some(Self { requests, tokens })
    }

    /// What a word would have to hold for `cost`, if a word can.
    #[inline]
    pub(crate) fn of(cost: &Cost) -> Option<Self> {
        let (requests, tokens) = cost.plain()?;
        Self::fitting(requests, tokens)
    }

    /// The word's bits without a tag.
    #[inline]
    pub(crate) fn packed(self) -> u64 {
        (self.requests & REQUEST_MASK) << TOKEN_BITS | (self.tokens & TOKEN_MASK)
    }

    pub(crate) fn unpacked(word: u64) -> Self {
        Self {
            requests: word >> TOKEN_BITS & REQUEST_MASK,
            tokens: word & TOKEN_MASK,
        }
    }

    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }

    /// Both together; what was split before fits again.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(other.requests),
            tokens: self.tokens.saturating_add(other.tokens),
        }
    }

    /// One of `parts` equal parts, rounded down.
    pub(crate) fn part(self, parts: u64) -> Self {
        Self {
            requests: self.requests.checked_div(parts).unwrap_or(0),
            tokens: self.tokens.checked_div(parts).unwrap_or(0),
        }
    }

    /// What is left of it without `part` taken `times`.
    pub(crate) fn without(self, part: Self, times: u64) -> Self {
        Self {
            requests: self
                .requests
                .saturating_sub(part.requests.saturating_mul(times)),
            tokens: self
                .tokens
                .saturating_sub(part.tokens.saturating_mul(times)),
        }
    }

    /// The word that holds this in `epoch`.
    pub(crate) fn word_of(self, epoch: u64) -> u64 {
        tag(epoch) | self.packed()
    }

    /// Whether a word has the tag of `epoch`.
    #[inline]
    pub(crate) fn is_of(word: u64, epoch: u64) -> bool {
        word >> TAG_SHIFT == tag(epoch) >> TAG_SHIFT
    }

    /// The word after taking this from it, if it holds as much.
    #[inline]
    pub(crate) fn taken_from(self, word: u64) -> Option<u64> {
        let held = Self::unpacked(word);
        let enough = held.requests >= self.requests && held.tokens >= self.tokens;
        // Neither field borrows from its neighbour, since each holds enough.
        enough.then(|| word.wrapping_sub(self.packed()))
    }
}

#[inline]
fn tag(epoch: u64) -> u64 {
    epoch << TAG_SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_that_does_not_fit_is_not_truncated() {
        assert_eq!(Budget::fitting(MOST_REQUESTS + 1, 0), None);
        assert_eq!(Budget::fitting(0, MOST_TOKENS + 1), None);
        assert_eq!(Budget::fitting(0, 0), None);
        let most = Budget {
            requests: MOST_REQUESTS,
            tokens: MOST_TOKENS,
        };
        assert_eq!(Budget::unpacked(most.packed()), most);
        assert_eq!(Budget::unpacked(most.word_of(u64::MAX)), most);
    }

    #[test]
    fn what_is_split_is_all_of_it() {
        let budget = Budget {
            requests: 10,
            tokens: 3,
        };
        let part = budget.part(4);
        let rest = budget.without(part, 3);
        assert_eq!((part.requests, part.tokens), (2, 0));
        assert_eq!(part.and(part).and(part).and(rest), budget);
    }
}
