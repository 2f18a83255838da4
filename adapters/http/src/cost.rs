//! What a request is charged on admission, before anyone knows what it really spends.

use std::fmt;
use std::sync::Arc;

use tollgate::{Cost, Dimension};

use crate::facts::Facts;
use crate::request::{Field, RequestView};
use crate::text::shown;

/// How a request's cost is told: one request, and tokens from a header or an estimator if asked.
#[derive(Clone, Default)]
pub(crate) struct CostRule {
    pub(crate) tokens_header: Option<Box<str>>,
    pub(crate) estimate: Option<Arc<Estimate>>,
}

pub(crate) type Estimate = dyn Fn(&dyn RequestView) -> Cost + Send + Sync;

/// The header for tokens names no amount that could be charged: 400 `cost_invalid`.
///
/// An amount is decimal digits and nothing else, at most 2⁵³ − 1, in exactly one header. A sign,
/// an exponent or a fraction is an error: a client must never be able to talk its cost down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidCost {
    /// The header is there more than once.
    #[error("header {name}: there must be exactly one")]
    Repeated {
        /// The header's name.
        name: Box<str>,
    },
    /// The value is no amount.
    #[error("header {name}: \"{shown}\": must be a whole number from 0 to 9007199254740991")]
    Malformed {
        /// The header's name.
        name: Box<str>,
        /// The value, escaped and shortened.
        shown: String,
    },
}

/// The largest amount that a header may name: 2⁵³ − 1, which every JSON parser can hold.
const MAX_AMOUNT: u64 = (1 << 53) - 1;

impl CostRule {
    /// What `request` is charged.
    ///
    /// A request counts as one unless the estimator says otherwise. Of tokens, the larger of the
    /// estimate and the header counts: a client can't talk the estimate down.
    pub(crate) fn of(&self, request: &dyn RequestView) -> Result<Cost, InvalidCost> {
        let estimate = self.estimate.as_ref();
        let mut cost = estimate.map_or_else(Cost::none, |estimate| estimate(request));
        if let Some(told) = request.facts().and_then(Facts::estimated_cost) {
            cost = larger(cost, told);
        }
        if cost.named_amount(&Dimension::Requests).is_none() {
            cost = cost.and_requests(1);
        }
        let Some(name) = &self.tokens_header else {
            return Ok(cost);
        };
        let told = tokens(request, name)?;
        Ok(match told {
            None => cost,
            Some(told) => {
                let estimated = cost.get(&Dimension::Tokens);
                cost.and_tokens(told.max(estimated))
            }
        })
    }
}

/// The larger of two costs, each dimension on its own.
fn larger(cost: Cost, told: &Cost) -> Cost {
    told.iter().fold(cost, |cost, (dimension, told)| {
        match cost.named_amount(dimension) {
            Some(known) if known >= told => cost,
            Some(_) | None => cost.and(dimension.clone(), told),
        }
    })
}

fn tokens(request: &dyn RequestView, name: &str) -> Result<Option<u64>, InvalidCost> {
    match request.header(name) {
        Field::Absent => Ok(None),
        Field::Repeated => Err(InvalidCost::Repeated { name: name.into() }),
        Field::Once(value) => amount(value)
            .map(Some)
            .ok_or_else(|| InvalidCost::Malformed {
                name: name.into(),
                shown: shown(value),
            }),
    }
}

/// The number that `digits` spell, if they are digits and it is at most [`MAX_AMOUNT`].
fn amount(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |amount, &byte| {
        let digit = byte.checked_sub(b'0').filter(|&digit| digit <= 9)?;
        let more = amount.checked_mul(10)?.checked_add(u64::from(digit))?;
        (more <= MAX_AMOUNT).then_some(more)
    })
}

impl fmt::Debug for CostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CostRule")
            .field("tokens_header", &self.tokens_header)
            .field("estimate", &self.estimate.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Request;

    fn rule() -> CostRule {
        CostRule {
            tokens_header: Some("X-Token-Count".into()),
            estimate: None,
        }
    }

    fn cost_of(values: &[&[u8]]) -> Result<Cost, InvalidCost> {
        rule().of(&values.iter().fold(Request::get("/"), |request, value| {
            request.with_header_bytes("x-token-count", value)
        }))
    }

    #[test]
    fn a_header_of_digits_names_the_tokens() {
        assert_eq!(cost_of(&[]).unwrap(), Cost::request());
        assert_eq!(cost_of(&[b"0"]).unwrap(), Cost::request().and_tokens(0));
        assert_eq!(
            cost_of(&[b" 0050\t"]).unwrap(),
            Cost::request().and_tokens(50)
        );
        let most = cost_of(&[b"9007199254740991"]).unwrap();
        assert_eq!(most, Cost::request().and_tokens(MAX_AMOUNT));
    }

    #[test]
    fn anything_else_is_an_error_never_zero_and_never_a_refund() {
        for value in [
            &b""[..],
            b" ",
            b"-1",
            b"+5",
            b"1e3",
            b"1.0",
            b"0x10",
            b"1_000",
            b"1,000",
            b"5, 5",
            b"5 5",
            b"9007199254740992",
            b"18446744073709551616",
            b"99999999999999999999999999",
            b"\xd9\xa3",
            b"NaN",
            b"\xff",
            &vec![b'9'; 1 << 20],
        ] {
            let error = cost_of(&[value]).unwrap_err();
            assert!(matches!(error, InvalidCost::Malformed { .. }), "{error}");
            assert!(error.to_string().len() < 200);
        }
        assert!(matches!(
            cost_of(&[b"5", b"5"]),
            Err(InvalidCost::Repeated { .. })
        ));
    }

    #[test]
    fn the_header_is_ignored_unless_it_was_asked_for() {
        let request = Request::get("/").with_header("X-Token-Count", "-1");
        assert_eq!(CostRule::default().of(&request).unwrap(), Cost::request());
    }

    #[test]
    fn of_the_estimate_and_the_header_the_larger_counts() {
        let estimate = Arc::new(|request: &dyn RequestView| {
            Cost::tokens(request.path().len().try_into().unwrap_or(u64::MAX))
        });
        let rule = CostRule {
            estimate: Some(estimate),
            ..rule()
        };
        let request = Request::get("/1234");
        assert_eq!(rule.of(&request).unwrap(), Cost::request().and_tokens(5));
        let more = Request::get("/1234").with_header("X-Token-Count", "7");
        assert_eq!(rule.of(&more).unwrap(), Cost::request().and_tokens(7));
        let less = request.with_header("X-Token-Count", "0");
        assert_eq!(rule.of(&less).unwrap(), Cost::request().and_tokens(5));
    }

    #[test]
    fn an_estimator_may_count_a_batch_as_many_requests() {
        let estimate = Arc::new(|_: &dyn RequestView| Cost::requests(20));
        let rule = CostRule {
            tokens_header: None,
            estimate: Some(estimate),
        };
        assert_eq!(rule.of(&Request::get("/")).unwrap(), Cost::requests(20));
    }

    proptest! {
        #[test]
        fn every_number_in_range_is_read_and_every_number_above_is_refused(number: u64) {
            let read = amount(number.to_string().as_bytes());
            prop_assert_eq!(read, (number <= MAX_AMOUNT).then_some(number));
        }

        #[test]
        fn only_digits_are_ever_read(bytes: Vec<u8>) {
            if amount(&bytes).is_some() {
                prop_assert!(bytes.iter().all(u8::is_ascii_digit));
            }
        }
    }
}
