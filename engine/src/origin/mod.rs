//! The port to the store that durable limits draw their budget from, and that nodes share.

mod memory;
mod tally;

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::plan::Period;
use crate::sync::Arc;
use crate::tenant_id::TenantId;

pub use self::memory::InMemoryOrigin;
pub use self::tally::Tally;

/// Accounts on their way: see [`Origin::exchange`].
pub type Exchanging<'o> =
    Pin<Box<dyn Future<Output = Result<Vec<Account>, OriginError>> + Send + 'o>>;

/// The store that durable limits draw their budget from: what it grants is recorded there before it is spent.
///
/// All processes that share an origin share its limits, and so do all lives of one process: none of them together
/// ever admit more than a limit holds. A process that is killed leaves behind what it was granted and had not
/// spent; that is lost to the tenant until the window ends, and it is a lease at most.
///
/// # Contract
/// [`Tally::settle`] says what becomes of a claim. An origin does it for each claim on its own, atomically, and has it on
/// durable storage before it answers: an account that could be forgotten would be granted again.
///
/// Claims are absolute, so that an origin needs to know nothing of what was lost on the way: one that is repeated, late or
/// overtaken does no harm.
pub trait Origin: Send + Sync + 'static {
    /// Settles each of the claims, and gives their accounts in the same order.
    ///
    /// # Errors
    /// If any of them could not be settled for certain. Those that were, were: they are claimed again.
    fn exchange<'o>(&'o self, claims: &'o [Claim]) -> Exchanging<'o>;
}

/// What one holder has had, and what it wants, of one limit's window.
///
/// A holder is a meter in memory. Its *net holding* is what it was granted less what it has given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose limit it is.
    pub tenant: TenantId,
    /// The limit's name.
    pub limit: Arc<str>,
    /// What it counts: a limit of the same name that counts something else is another.
    pub dimension: Dimension,
    /// The period that the limit counts by.
    pub period: Period,
    /// The first instant of the window.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// What all holders together may have, in the limit's dimension.
    pub capacity: u64,
    /// Who claims; drawn at random, so that no two holders are the same.
    pub holder: u64,
    /// What the holder has given back so far. Only grows.
    pub returned: u64,
    /// What the holder has spent: its net holding is at least this, even beyond the capacity. More than it was
    /// granted only if requests were settled at more than was reserved for them.
    pub spent: u64,
    /// The net holding that it needs; what is missing is granted as a whole, or not at all.
    pub least: u64,
    /// The net holding that it would like.
    pub most: u64,
}

/// Where a holder and a window stand after a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Account {
    /// What the holder was granted so far, what it has given back included. Only grows.
    pub granted: u64,
    /// The net holdings of all holders.
    pub charged: u64,
}

/// What an origin says when it fails; opaque, with its cause.
#[derive(Debug, Clone, thiserror::Error)]
#[error("origin: {message}")]
pub struct OriginError {
    message: String,
    #[source]
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

impl OriginError {
    /// A failure described in words.
    pub fn new(message: impl Into<String>) -> Self {
        let (message, cause) = (message.into(), None);
        Self { message, cause }
    }

    /// A failure with the error that caused it.
    pub fn caused_by(
        message: impl Into<String>,
        cause: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            message: message.into(),
            cause: Some(Arc::new(cause)),
        }
    }
}
