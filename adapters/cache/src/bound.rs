//! How much one tenant may keep.

use std::num::NonZeroU64;

use tollgate::TenantId;

use crate::error::CacheError;
use crate::key::Key;

/// What an entry counts beside the bytes of its key and its value: about what the bookkeeping takes in either backend.
pub const ENTRY_OVERHEAD: u64 = 256;

/// The largest entry, whatever a tenant's bound: 256 MiB.
pub const MAX_ENTRY: u64 = 256 * 1024 * 1024;

/// What a tenant may keep unless the builder is told otherwise: 4 MiB.
pub(crate) const DEFAULT_BYTES: NonZeroU64 = NonZeroU64::new(4 * 1024 * 1024).unwrap();

/// The most bytes that a number takes: a sign and 19 digits.
pub(crate) const NUMBER_LEN: usize = 20;

/// What a tenant keeps.
///
/// It may count values that have expired and are not yet tidied away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// How many values.
    pub entries: u64,
    /// The bytes of keys and values, and [`ENTRY_OVERHEAD`] for each.
    pub bytes: u64,
}

/// The bytes that all of a tenant's entries may count together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound(NonZeroU64);

impl Bound {
    pub(crate) fn new(bytes: NonZeroU64) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(self) -> u64 {
        self.0.get()
    }

    /// What an entry counts, if it fits at all.
    pub(crate) fn admit(
        self,
        tenant: &TenantId,
        key: Key<'_>,
        value: usize,
    ) -> Result<u32, CacheError> {
        let bound = std::cmp::min(self.bytes(), MAX_ENTRY);
        let bytes = entry_bytes(key, value);
        match u32::try_from(bytes) {
            Ok(weight) if bytes <= bound => Ok(weight),
            Ok(_) | Err(_) => Err(CacheError::TooLarge {
                tenant: tenant.clone(),
                key: key.as_str().to_owned(),
                bytes,
                bound,
            }),
        }
    }
}

fn entry_bytes(key: Key<'_>, value: usize) -> u64 {
    let len = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    len(key.as_str().len())
        .saturating_add(len(value))
        .saturating_add(ENTRY_OVERHEAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_as_large_as_the_bound_fits_and_one_byte_more_does_not() {
        let tenant = TenantId::new("acme").unwrap();
        let bound = Bound::new(NonZeroU64::new(ENTRY_OVERHEAD + 10).unwrap());
        let key = Key::new("key").unwrap();
        assert_eq!(bound.admit(&tenant, key, 7).unwrap(), 266);
        let error = bound.admit(&tenant, key, 8).unwrap_err().to_string();
        assert!(error.contains("267") && error.contains("266"), "{error}");
    }

    #[test]
    fn no_bound_lets_a_larger_entry_in_than_256_mib() {
        let tenant = TenantId::new("acme").unwrap();
        let bound = Bound::new(NonZeroU64::MAX);
        let key = Key::new("key").unwrap();
        assert!(bound.admit(&tenant, key, 256 * 1024 * 1024).is_err());
        assert!(bound.admit(&tenant, key, usize::MAX).is_err());
    }
}
