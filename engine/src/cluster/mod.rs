//! Limits that many nodes share: what a node and the store of all nodes say to each other, and what each makes of it.
//!
//! Everything in here is plain sequential code without I/O: time comes in as a value, messages go in and come out. The
//! engine runs a [`Share`] for each shared limit of a tenant; a store runs a [`Book`], or does the same in its own
//! language; a simulation runs thousands of both under loss, repetition, reordering, crashes and clocks that drift.
//!
//! **Why nothing is over-admitted.** A [`Book`] grants only what keeps every window of rows within the limit, a grant is
//! charged to the row that it may be spent in, and a node spends it only while it is certain that the store's clock
//! stands in that row. What nodes report are totals that only grow, merged by the maximum: a message that is lost,
//! repeated or overtaken changes nothing.

mod book;
mod memory;
mod message;
mod shape;
mod share;

use std::future::Future;
use std::pin::Pin;

use crate::origin::OriginError;

pub use self::book::Book;
pub use self::memory::InMemorySharedOrigin;
pub use self::message::{Answer, Ask, Call, Reply, Row, Want, When};
pub use self::shape::{SLACK, SLOTS_KEPT, Shape};
pub use self::share::{Heard, Share, Wait};

/// Replies on their way: see [`SharedOrigin::call`].
pub type Calling<'o> = Pin<Box<dyn Future<Output = Vec<Result<Reply, OriginError>>> + Send + 'o>>;

/// The store through which nodes share limits.
///
/// # Contract
/// [`Book::call`] says what becomes of a call. A store does it for each call on its own, atomically, and by its own clock
/// alone. It need not be durable: a store that has lost what it knew says so by another [run](Reply::run), and grants
/// nothing until nodes have had the time to tell it what they hold.
pub trait SharedOrigin: Send + Sync + 'static {
    /// Makes each of the calls, and gives what came of them in the same order.
    ///
    /// Each succeeds or fails for itself: where the store is several servers, those of one that is down hold up no
    /// others. One that failed may have been made all the same: calls are totals, and may be made again.
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o>;
}
