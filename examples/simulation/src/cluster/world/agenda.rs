//! What is to happen, in the order of its times.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use tollgate::Timestamp;
use tollgate::cluster::{Call, Reply};

use crate::cluster::scenario::Broken;

/// Something that happens.
#[derive(Debug)]
pub(super) enum Event {
    /// Somebody asks a node.
    Request { node: usize },
    /// A call arrives at the store.
    Called { from: Sender, call: Call },
    /// A reply arrives at a node.
    Replied { to: Sender, reply: Reply },
    /// A node has waited long enough for a reply.
    TimedOut { of: Sender },
    /// A node is to look whether it has to call.
    Visit { node: usize, life: u64 },
    /// A request has ended, and frees what it held.
    Released { node: usize, life: u64, cost: u64 },
    /// A request turned out to cost something else.
    Settled(Bill),
    /// Something breaks.
    Breaks(Broken),
    /// Another node takes the place of one that is gone.
    Back { node: usize },
}

/// Which call it was, of which life of a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    pub(super) node: usize,
    pub(super) life: u64,
    pub(super) number: u64,
    /// When it was sent, by the node's clock.
    pub(super) sent: Timestamp,
    /// And by the true time.
    pub(super) at: u64,
    /// Which terms it speaks of.
    pub(super) terms: usize,
}

/// An admitted request that is settled later.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bill {
    pub(super) node: usize,
    pub(super) life: u64,
    /// When it was admitted, by the node's clock.
    pub(super) local: Timestamp,
    /// The number that the auditor gave it.
    pub(super) number: u64,
    pub(super) reserved: u64,
    pub(super) actual: u64,
}

/// Events by time, and by the order in which they were put in.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    entries: BinaryHeap<Reverse<Entry>>,
    count: u64,
}

impl Agenda {
    pub(super) fn put(&mut self, at: u64, event: Event) {
        self.count += 1;
        let order = (at, self.count);
        self.entries.push(Reverse(Entry { order, event }));
    }

    pub(super) fn next(&mut self) -> Option<(u64, Event)> {
        let Reverse(entry) = self.entries.pop()?;
        Some((entry.order.0, entry.event))
    }
}

#[derive(Debug)]
struct Entry {
    order: (u64, u64),
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.cmp(&other.order)
    }
}
