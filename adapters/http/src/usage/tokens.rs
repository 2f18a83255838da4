//! The tokens that one response has used.

use tollgate::{Cost, Dimension};

/// The tokens that one response has used, as its provider told.
///
/// # Examples
/// ```
/// use tollgate_http::TokenUsage;
///
/// let usage = TokenUsage::new(57, 17);
/// assert_eq!(usage.total(), 74);
/// assert_eq!(usage.cost().to_string(), "tokens=74 input_tokens=57 output_tokens=17");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TokenUsage {
    /// Tokens that the model read: the whole prompt, from the cache or not.
    pub input: u64,
    /// Tokens that the model wrote, those of its reasoning too.
    pub output: u64,
    /// How many of `input` were read from the provider's prompt cache.
    pub cached_input: u64,
    /// How many of `input` were written to the provider's prompt cache; always 0 for
    /// [`OpenAi`](super::UsageFormat::OpenAi), which does not tell it.
    pub cache_writes: u64,
    /// The total that the provider told, if it is more than the sum.
    pub(super) told: u64,
}

impl TokenUsage {
    /// A usage of so many tokens, none of them from a cache.
    pub const fn new(input: u64, output: u64) -> Self {
        Self {
            input,
            output,
            cached_input: 0,
            cache_writes: 0,
            told: 0,
        }
    }

    /// All tokens: what the provider told as total, and never less than `input` and `output` are together.
    pub const fn total(&self) -> u64 {
        let sum = self.input.saturating_add(self.output);
        if self.told > sum { self.told } else { sum }
    }

    /// What to settle at: the [total](Self::total) as `tokens`, and the dimensions `input_tokens` and
    /// `output_tokens` for limits that count only those.
    ///
    /// It does not name `requests`, so that the request stays counted.
    pub fn cost(&self) -> Cost {
        let parts = [("input_tokens", self.input), ("output_tokens", self.output)];
        let all = Cost::tokens(self.total());
        parts.into_iter().fold(all, |cost, (name, amount)| {
            match name.parse::<Dimension>() {
                Ok(dimension) => cost.and(dimension, amount),
                Err(_) => cost,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_below_the_sum_of_its_parts_does_not_count() {
        let told = |told| TokenUsage {
            told,
            ..TokenUsage::new(5, 7)
        };
        assert_eq!(
            [told(3).total(), told(12).total(), told(20).total()],
            [12, 12, 20]
        );
        assert_eq!(
            told(20).cost().to_string(),
            "tokens=20 input_tokens=5 output_tokens=7"
        );
    }
}
