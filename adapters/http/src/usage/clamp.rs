//! How long an answer a tenant can still pay.

use std::num::NonZeroU64;

/// The most tokens that each of `answers` answers may have, so that `prompt` and all of them can be paid out of
/// `affordable`; never more than `asked`, if the client asked for a number.
///
/// `affordable` is what one request may be charged now ([`Tenant::affordable`](tollgate::Tenant)); `None` means without
/// limit, and so does a `None` that comes back: neither a limit nor the client bounds the answers.
///
/// # Errors
/// [`Unaffordable`] if not even one token for each can be paid.
///
/// # Examples
/// ```
/// use std::num::NonZeroU64;
/// use tollgate_http::{Unaffordable, most_tokens};
///
/// let one = NonZeroU64::MIN;
/// assert_eq!(most_tokens(Some(1_000), 300, one, Some(4_096)), Ok(Some(700)));
/// assert_eq!(most_tokens(Some(1_000), 300, one, Some(50)), Ok(Some(50)));
/// assert_eq!(most_tokens(Some(300), 300, one, None), Err(Unaffordable));
/// assert_eq!(most_tokens(None, 300, one, None), Ok(None));
/// ```
pub fn most_tokens(
    affordable: Option<u64>,
    prompt: u64,
    answers: NonZeroU64,
    asked: Option<u64>,
) -> Result<Option<u64>, Unaffordable> {
    let Some(affordable) = affordable else {
        return Ok(asked);
    };
    let left = affordable.checked_sub(prompt).ok_or(Unaffordable)?;
    match left / answers {
        0 => Err(Unaffordable),
        each => Ok(Some(asked.map_or(each, |asked| asked.min(each)))),
    }
}

/// Not even one token of an answer can be paid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not even one token of an answer can be paid now")]
pub struct Unaffordable;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_can_be_paid_and_one_token_more_could_not(
            affordable in 0_u64..5_000, prompt in 0_u64..3_000, answers in 1_u64..9, asked in 1_u64..6_000,
        ) {
            let several = NonZeroU64::new(answers).unwrap();
            let cost = |each: u64| prompt + answers * each;
            match most_tokens(Some(affordable), prompt, several, Some(asked)) {
                Ok(Some(each)) => {
                    prop_assert!(each >= 1 && each <= asked && cost(each) <= affordable);
                    prop_assert!(each == asked || cost(each + 1) > affordable);
                }
                Ok(None) => prop_assert!(false, "a limit bounds it"),
                Err(Unaffordable) => prop_assert!(cost(1) > affordable),
            }
        }
    }
}
