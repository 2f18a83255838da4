//! What keys in Redis are called.

use tollgate::TenantId;

use crate::error::BuildError;

/// The longest namespace, in bytes.
const MAX_LEN: usize = 64;

/// What all keys of one service begin with.
#[derive(Debug, Clone)]
pub(crate) struct Namespace(String);

impl Namespace {
    pub(crate) fn new(namespace: &str) -> Result<Self, BuildError> {
        // No braces: in a cluster, what they enclose decides where a key is.
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
        let fits = (1..=MAX_LEN).contains(&namespace.len());
        if fits && namespace.bytes().all(allowed) {
            return Ok(Self(namespace.to_owned()));
        }
        Err(BuildError::Namespace {
            namespace: namespace.chars().take(MAX_LEN + 1).collect(),
        })
    }

    /// All that is known of a tenant.
    pub(crate) fn tenant(&self, tenant: &TenantId) -> String {
        format!("{}:{{{tenant}}}:limits", self.0)
    }

    /// Where the store marks that it has forgotten nothing. In a cluster each slot has one, whose name has a tag that
    /// leads there.
    pub(crate) fn marker(&self, tag: &str) -> String {
        format!("{}:{{{tag}}}:run", self.0)
    }
}

impl Default for Namespace {
    fn default() -> Self {
        Self("tollgate".to_owned())
    }
}
