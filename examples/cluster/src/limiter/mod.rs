//! What a node asks before it does something: tollgate, and what people use instead, behind one trait.

mod per_request;
mod shared;
mod write_behind;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Failure;

pub use self::per_request::PerRequest;
pub use self::shared::Tollgate;
pub use self::write_behind::WriteBehind;

/// Decides about requests of tenants that many nodes serve.
pub trait Limiter: Sized + Send + Sync + 'static {
    /// Whether it decides in the node once it is asked to wait, so that a decision is made when its future is last polled; else it may have been made
    /// any time since it was asked for.
    const LOCAL: bool;

    /// The limiter of a node.
    fn start(setup: &Setup) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// May the tenant of this number have one request more? `None` if that can't be said without waiting, which it never can
    /// where somebody else decides.
    fn try_admit(&self, _tenant: usize) -> Option<Verdict> {
        None
    }

    /// The same, once [`try_admit`](Self::try_admit) did not know.
    fn admit(self: &Arc<Self>, tenant: usize) -> impl Future<Output = Verdict> + Send + 'static;

    /// How many calls to Redis it has made so far: commands and scripts, whether they succeeded or not.
    fn calls(&self) -> u64;

    /// Gives back what it holds; the node is about to end in peace.
    fn end(&self) -> impl Future<Output = ()> + Send;
}

/// What a limiter says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Admitted,
    /// No: the limit is used up.
    Denied,
    /// No: nobody knows.
    Failed,
}

/// What a limiter is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Setup {
    /// Where Redis is; several of a Redis Cluster.
    pub urls: Vec<String>,
    /// The tenants, each with a limit of its own.
    pub tenants: Vec<String>,
    /// How much fits in a window.
    pub limit: u64,
    /// The window.
    pub window: Duration,
    /// Into how many parts it is split, if it slides.
    pub sub_windows: u16,
    /// How long a request may wait for an answer.
    pub timeout: Duration,
}

impl Setup {
    /// The one URL.
    ///
    /// # Errors
    /// If there are more or none: then it is a limiter that knows nothing of clusters.
    pub fn url(&self) -> Result<&str, Failure> {
        match self.urls.as_slice() {
            [url] => Ok(url),
            _ => Err("this limiter does not know Redis Cluster".into()),
        }
    }
}
