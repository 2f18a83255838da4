//! What a key may be, and where its value lies.

use tollgate::TenantId;

use crate::error::CacheError;

/// The longest key, in bytes.
pub const MAX_KEY_LEN: usize = 1024;

/// A key that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key<'k>(&'k str);

impl<'k> Key<'k> {
    pub(crate) fn new(key: &'k str) -> Result<Self, CacheError> {
        if (1..=MAX_KEY_LEN).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(CacheError::Key { len: key.len() })
        }
    }

    pub(crate) fn as_str(self) -> &'k str {
        self.0
    }
}

/// What all keys of a tenant begin with.
///
/// No two tenants share it, nor is one tenant's the beginning of another's: an id has no colon.
pub(crate) fn home(prefix: &str, tenant: &TenantId) -> String {
    format!("{prefix}tenant:{tenant}:")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_pairs_of_tenant_and_key_never_share_a_place(
            one in "[A-Za-z0-9_-]{1,8}", other in "[A-Za-z0-9_-]{1,8}",
            key in any::<String>(), twin in any::<String>(),
        ) {
            let place = |id: &str, key: &str| home("", &TenantId::new(id).unwrap()) + key;
            prop_assert_eq!(place(&one, &key) == place(&other, &twin), (&one, &key) == (&other, &twin));
            // Keys that try to look like another tenant's.
            prop_assert_ne!(place(&one, &format!("{other}:{key}")), place(&format!("{one}x"), &key));
            let posing = format!(":{other}:{key}");
            prop_assert_eq!(place(&one, &posing) == place(&other, &key), false);
        }

        #[test]
        fn keys_of_1_to_1024_bytes_are_taken(key in any::<String>()) {
            prop_assert_eq!(Key::new(&key).is_ok(), (1..=1024).contains(&key.len()));
        }
    }

    #[test]
    fn the_bounds_of_a_key_count_bytes() {
        assert!(matches!(Key::new(""), Err(CacheError::Key { len: 0 })));
        assert!(Key::new(&"ä".repeat(512)).is_ok());
        assert!(matches!(
            Key::new(&"ä".repeat(513)),
            Err(CacheError::Key { len: 1026 })
        ));
        assert!(Key::new("\0").is_ok());
    }
}
