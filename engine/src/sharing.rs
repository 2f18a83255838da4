//! How calling the store of shared limits goes: figures for people, on which no decision hangs.

use std::time::Duration;

/// How an engine's calls of the store of shared limits went since the engine was built: see
/// [`Engine::sharing`](crate::Engine::sharing).
///
/// All figures are of one moment but [`store_answers`](Self::store_answers), which is read beside them. None costs a request
/// anything: they are counted when a call was answered. Units are of all shared
/// limits together, requests and tokens alike: they tell how much of what is granted is of use, and not what was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Sharing {
    /// Whether the store answers: it did the last time, or was not called yet. `false` once the engine is shut down.
    pub store_answers: bool,
    /// Calls that were sent, one for each tenant of a batch.
    pub calls: u64,
    /// How many of these failed: refused, lost, or not answered within
    /// [`shared_timeout`](crate::EngineBuilder::shared_timeout). What is neither answered nor failed is under way.
    pub calls_failed: u64,
    /// Wishes for more of a limit that the store granted, as a whole or in part.
    pub wishes_granted: u64,
    /// Wishes that it did not grant: too little is free, or it grants nothing for a while after a loss. Nodes wish ahead
    /// of their need, too, so not each of these is a request that was denied.
    pub wishes_denied: u64,
    /// Times that the store came back without its memory, and this engine had limits in it. A store of several parts that
    /// lose it one by one, as the slots of a Redis Cluster do, counts for each.
    pub store_losses: u64,
    /// What the store granted.
    pub units_granted: u64,
    /// What went back to the store unspent (and counts for nobody any more).
    pub units_returned: u64,
    /// What was spent without having been granted, once the store was told of it: settlements above what was reserved, and what
    /// [an outage allowed](crate::Outage).
    pub units_beyond: u64,
    /// What is out on lease: granted, and neither spent nor given back, as the last reply about each tenant left it.
    pub units_held: u64,
    /// Whether the store, or a part of it, grants nothing for a while because it may have forgotten something. It is known of a
    /// store that had to deny a request for that reason.
    pub store_listens: bool,
    /// How far apart the bounds were of what the store's clock shows, at the last reply: about its round trip. A row can't be
    /// spent nearer to its ends than this. `None` before the first reply.
    pub clock_uncertainty: Option<Duration>,
    /// Rows that were reported: the totals of one sub-window (period, bucket's row) of one limit each. One is reported
    /// whenever it has changed, and again until the store is known to have it.
    pub rows_reported: u64,
    /// Tenants that the store is called for: they wait for a call, have one under way, or have one coming even if nobody
    /// asks.
    pub tenants_due: usize,
    /// How long the last batch of calls took that was answered at least in part; `None` before the first.
    pub last_round_trip: Option<Duration>,
    /// The longest that such a batch took.
    pub widest_round_trip: Option<Duration>,
}
