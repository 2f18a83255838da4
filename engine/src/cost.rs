//! What one request spends.

use std::fmt;
use std::sync::Arc;

use crate::dimension::Dimension;

/// What one request spends, per dimension; unsigned, so that a cost can never be a refund.
///
/// A cost *names* the dimensions that it speaks of. On admission a dimension that it does not name
/// costs 0; on [settlement](crate::Permit::settle) a dimension that it does not name keeps what was
/// reserved, so that `Cost::tokens(812)` settles the tokens and leaves the request counted.
///
/// # Complexity
/// Building and cloning a cost of requests and tokens allocates nothing. Naming a dimension of
/// one's own allocates once; a clone then shares it.
///
/// # Examples
/// ```
/// use tollgate::{Cost, Dimension};
///
/// let cost = Cost::request().and_tokens(50).and("bytes".parse()?, 4096);
/// assert_eq!(cost.get(&Dimension::Requests), 1);
/// assert_eq!(cost.get(&Dimension::Tokens), 50);
/// assert_eq!(cost.to_string(), "requests=1 tokens=50 bytes=4096");
/// # Ok::<(), tollgate::InvalidDimension>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Cost {
    requests: u64,
    tokens: u64,
    /// Behind one thin pointer: costs are copied into every decision.
    named: Option<Arc<Named>>,
    names_requests: bool,
    names_tokens: bool,
}

/// Amounts in dimensions of the user's own.
type Named = Box<[(Dimension, u64)]>;

impl Cost {
    /// A cost that names nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// One request.
    pub fn request() -> Self {
        Self::requests(1)
    }

    /// `amount` requests at once, as a batch is.
    pub fn requests(amount: u64) -> Self {
        Self {
            requests: amount,
            names_requests: true,
            ..Self::default()
        }
    }

    /// `amount` tokens, and no word about requests.
    pub fn tokens(amount: u64) -> Self {
        Self::none().and_tokens(amount)
    }

    /// The same cost with `amount` requests.
    #[must_use]
    pub fn and_requests(mut self, amount: u64) -> Self {
        self.requests = amount;
        self.names_requests = true;
        self
    }

    /// The same cost with `amount` tokens.
    #[must_use]
    pub fn and_tokens(mut self, amount: u64) -> Self {
        self.tokens = amount;
        self.names_tokens = true;
        self
    }

    /// The same cost with `amount` in `dimension`, which replaces what it said of it before.
    #[must_use]
    pub fn and(self, dimension: Dimension, amount: u64) -> Self {
        match dimension {
            Dimension::Requests => self.and_requests(amount),
            Dimension::Tokens => self.and_tokens(amount),
            Dimension::Named(_) => self.and_named(dimension, amount),
        }
    }

    fn and_named(mut self, dimension: Dimension, amount: u64) -> Self {
        let mut named = self.named().to_vec();
        match named.iter_mut().find(|(known, _)| *known == dimension) {
            Some(known) => known.1 = amount,
            None => named.push((dimension, amount)),
        }
        self.named = Some(Arc::new(named.into()));
        self
    }

    /// What it costs in `dimension`; 0 where it does not name it.
    pub fn get(&self, dimension: &Dimension) -> u64 {
        self.named_amount(dimension).unwrap_or(0)
    }

    /// What it says of `dimension`, or `None` where it does not name it.
    pub fn named_amount(&self, dimension: &Dimension) -> Option<u64> {
        match dimension {
            Dimension::Requests => self.names_requests.then_some(self.requests),
            Dimension::Tokens => self.names_tokens.then_some(self.tokens),
            Dimension::Named(_) => self
                .named()
                .iter()
                .find(|(known, _)| known == dimension)
                .map(|&(_, amount)| amount),
        }
    }

    /// Every dimension that it names, with the amount: requests, tokens, then the user's own.
    pub fn iter(&self) -> impl Iterator<Item = (&Dimension, u64)> {
        let requests = self
            .names_requests
            .then_some((&Dimension::Requests, self.requests));
        let tokens = self
            .names_tokens
            .then_some((&Dimension::Tokens, self.tokens));
        let named = self
            .named()
            .iter()
            .map(|(dimension, amount)| (dimension, *amount));
        requests.into_iter().chain(tokens).chain(named)
    }

    /// The cost that names the same dimensions, at 0.
    pub(crate) fn zeroed(&self) -> Self {
        let zero = |(dimension, _): &(Dimension, u64)| (dimension.clone(), 0);
        let named = self
            .named
            .as_ref()
            .map(|named| Arc::new(named.iter().map(zero).collect()));
        Self {
            requests: 0,
            tokens: 0,
            named,
            ..self.clone()
        }
    }

    /// Requests and tokens alone, if it names no other dimension: what a lease word can carry.
    pub(crate) fn plain(&self) -> Option<(u64, u64)> {
        self.named.is_none().then_some((self.requests, self.tokens))
    }

    fn named(&self) -> &[(Dimension, u64)] {
        self.named.as_ref().map_or(&[], |named| &***named)
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (dimension, amount) in self.iter() {
            let gap = if first { "" } else { " " };
            write!(f, "{gap}{dimension}={amount}")?;
            first = false;
        }
        if first {
            f.write_str("nothing")
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cost({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dimension_that_is_not_named_costs_nothing_and_says_so() {
        let cost = Cost::tokens(0);
        assert_eq!(cost.named_amount(&Dimension::Tokens), Some(0));
        assert_eq!(cost.named_amount(&Dimension::Requests), None);
        assert_eq!(cost.get(&Dimension::Requests), 0);
        assert_eq!(Cost::none().to_string(), "nothing");
    }

    #[test]
    fn naming_a_dimension_again_replaces_it() {
        let bytes: Dimension = "bytes".parse().unwrap();
        let cost = Cost::request().and(bytes.clone(), 1).and(bytes.clone(), 2);
        assert_eq!(cost.get(&bytes), 2);
        assert_eq!(cost.iter().count(), 2);
    }
}
