//! What a node and the store say to each other.
//!
//! All times are microseconds of the store's clock, all amounts below 2⁵³ ([`Call::MOST`]), which is how far a double
//! counts exactly: stores may be written in languages that have no other numbers.

use std::time::Duration;

use crate::dimension::Dimension;
use crate::sync::Arc;
use crate::tenant_id::TenantId;

use super::Shape;

/// What one node says of one tenant's shared limits, and what it wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Whose limits they are.
    pub tenant: TenantId,
    /// Who calls; drawn at random for each life of an engine, so that no two are the same.
    pub node: u64,
    /// So often at least a node calls that holds or has spent something. A store that has lost what it knew grants
    /// nothing for twice as long, and for a second at least; a node that it has not heard of for three times as long
    /// counts as gone.
    pub heartbeat: Duration,
    /// One for each limit.
    pub asks: Vec<Ask>,
}

impl Call {
    /// The largest amount, and the largest number of an epoch.
    pub const MOST: u64 = (1 << 53) - 1;
}

/// What a node says of one limit, and what it wants of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// The limit's name.
    pub limit: Arc<str>,
    /// What it counts: a limit of the same name that counts something else is another.
    pub dimension: Dimension,
    /// The version of the config that `shape` and `capacity` are of: of two the higher is in force, as long as a node that
    /// says so is alive.
    pub generation: u64,
    /// How it counts.
    pub shape: Shape,
    /// What all nodes together may have in a window.
    pub capacity: u64,
    /// What the node has had, for the rows whose totals the store is not known to have.
    pub rows: Vec<Row>,
    /// What it wants, if it wants something.
    pub want: Option<Want>,
}

/// What a node was granted of one row, and what of that it has given back. Both only grow.
///
/// For a limit of concurrency the one row is number 0, and what was granted less what was returned is held now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Row {
    /// The row's number; see [`Shape`].
    pub epoch: u64,
    /// What it was granted, and what it spent without having been granted it: debts of settling.
    pub granted: u64,
    /// What it has given back.
    pub returned: u64,
}

/// A wish for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// For which row.
    pub when: When,
    /// What the node knows it was granted in that row: what the store has beyond that was granted by a reply that was lost,
    /// and counts as granted now.
    pub known: u64,
    /// So much is granted as a whole, or nothing is. 0 if nobody waits for it.
    pub need: u64,
    /// So much would be welcome, `need` included.
    pub most: u64,
}

/// Which row a wish is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The one that the store's clock stands in.
    Now,
    /// The one after the row of this number, if that is where the store's clock stands; else [`Now`](Self::Now).
    After(u64),
}

/// What the store says to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What the store's clock said.
    pub now: u64,
    /// Tells lives of the store apart: a store that may have forgotten something has another.
    pub run: u64,
    /// How many nodes the store has heard of lately for this tenant, this one included.
    pub nodes: u64,
    /// One for each ask, in the same order.
    pub answers: Vec<Answer>,
}

/// What the store says of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The row that the wish was for, or the one that the store's clock stands in.
    pub epoch: u64,
    /// What the store has of this node: each of the rows that were reported, and that of `epoch`. A row that no longer
    /// counts is left out.
    pub rows: Vec<Row>,
    /// What nobody has of the windows that hold the row `epoch`, after this call.
    pub free: u64,
    /// Nothing is granted before this time: the store has lost what it knew, the need does not fit, or the limit is counted
    /// otherwise by a later config. 0 if the wish was granted.
    pub not_before: u64,
    /// The generation in force, which may be a later one than was asked by.
    pub generation: u64,
    /// The capacity in force.
    pub capacity: u64,
}
