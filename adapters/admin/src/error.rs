//! Why an admin API could not be built.

/// Why an [`Admin`](crate::Admin) could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Nobody could use it, or, worse, everybody.
    #[error("the admin API needs a credential: AdminBuilder::credential")]
    NoCredential,
    /// Two credentials have one name, by which the history and the audit log tell them apart.
    #[error("two credentials have the name {0:?}")]
    NameTwice(String),
    /// The operating system gives no random numbers, which remembered passwords need.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
}
