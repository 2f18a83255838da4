//! What keys in Redis are called.

use tollgate::TenantId;

use crate::error::CacheError;
use crate::key;

/// The longest prefix, in bytes.
const MAX_PREFIX_LEN: usize = 64;

/// What all keys of one cache begin with.
#[derive(Debug, Clone, Default)]
pub(super) struct Prefix(String);

impl Prefix {
    /// Two caches with two prefixes never meet: in a key, what stands before the first segment `tenant` or
    /// `tenant-index` is the prefix, which has no such segment of its own.
    pub(super) fn new(prefix: &str) -> Result<Self, CacheError> {
        let problem = |problem| CacheError::Prefix {
            prefix: prefix.chars().take(MAX_PREFIX_LEN + 1).collect(),
            problem,
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-:".contains(&byte);
        if prefix.len() > MAX_PREFIX_LEN {
            return Err(problem("must have at most 64 bytes"));
        }
        if !prefix.bytes().all(allowed) {
            return Err(problem("may only have A-Z a-z 0-9 . _ - :"));
        }
        if !(prefix.is_empty() || prefix.ends_with(':')) {
            return Err(problem("must end in a colon"));
        }
        if prefix
            .split(':')
            .any(|part| matches!(part, "tenant" | "tenant-index"))
        {
            return Err(problem("must have no part \"tenant\" or \"tenant-index\""));
        }
        Ok(Self(prefix.to_owned()))
    }

    /// What the names of all values of a tenant begin with.
    pub(super) fn home(&self, tenant: &TenantId) -> String {
        key::home(&self.0, tenant)
    }

    /// The three keys that list them: the scripts call them ages, expiries and sizes.
    pub(super) fn index(&self, tenant: &TenantId) -> [String; 3] {
        ["ages", "expiries", "sizes"].map(|part| format!("{}tenant-index:{tenant}:{part}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn prefixes_that_would_let_two_caches_meet_are_refused() {
        for prefix in ["", "app:", "app:blue:", "a.b_c-1:"] {
            assert!(Prefix::new(prefix).is_ok(), "{prefix}");
        }
        let long = "a".repeat(64) + ":";
        for prefix in [
            "app",
            "{a}:",
            "tenant:",
            "app:tenant:x:",
            "tenant-index:",
            "ä:",
            &long,
        ] {
            assert!(Prefix::new(prefix).is_err(), "{prefix}");
        }
    }

    proptest! {
        #[test]
        fn names_of_different_things_differ(
            one in "([a-z-]{1,6}:){0,3}", other in "([a-z-]{1,6}:){0,3}",
            id in "[a-z-]{1,6}", twin in "[a-z-]{1,6}", key in "[a-z:-]{1,9}", double in "[a-z:-]{1,9}",
        ) {
            let (Ok(one), Ok(other)) = (Prefix::new(&one), Prefix::new(&other)) else { return Ok(()) };
            let (id, twin) = (TenantId::new(&id).unwrap(), TenantId::new(&twin).unwrap());
            let same = (&one.0, &id, &key) == (&other.0, &twin, &double);
            prop_assert_eq!(one.home(&id) + &key == other.home(&twin) + &double, same);
            prop_assert!(!one.index(&id).contains(&(other.home(&twin) + &double)));
        }
    }
}
