//! What nodes were granted, row by row: totals of each node, and a sum of all that follows them.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::cluster::{Call, Row};

/// The rows that count. What is not in here is nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows(BTreeMap<u64, OneRow>);

#[derive(Debug, Clone)]
struct OneRow {
    /// What all nodes have of it. At [`Call::MOST`] it stops to count, up or down.
    sum: u64,
    /// How much of that a bucket would have had room for at any time since.
    room: u64,
    nodes: BTreeMap<u64, Part>,
}

/// What one node has of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Part {
    granted: u64,
    returned: u64,
    /// What it had of rows that the limit no longer counts by.
    carried: u64,
}

impl Part {
    fn net(self) -> u64 {
        self.granted.saturating_sub(self.returned)
    }

    fn all(self) -> u64 {
        sum(self.net(), self.carried)
    }
}

/// What a report has changed about what a node has of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// It has so much more.
    Up(u64),
    /// It has so much less.
    Down(u64),
}

impl Rows {
    /// What the node has had of this row.
    pub(super) fn of(&self, epoch: u64, node: u64) -> Row {
        let part = self.0.get(&epoch).and_then(|row| row.nodes.get(&node));
        let part = part.copied().unwrap_or_default();
        Row {
            epoch,
            granted: part.granted,
            returned: part.returned,
        }
    }

    /// Takes in what a node says it has had of a row.
    pub(super) fn merge(&mut self, node: u64, said: &Row) -> Moved {
        let had = self.of(said.epoch, node);
        let granted = said.granted.clamp(had.granted, Call::MOST);
        let returned = std::cmp::min(said.returned.max(had.returned), granted);
        if (granted, returned) == (had.granted, had.returned) {
            return Moved::Up(0);
        }
        let row = self.row(said.epoch);
        let part = row.nodes.entry(node).or_default();
        let before = part.net();
        (part.granted, part.returned) = (granted, returned);
        let moved = match part.net().checked_sub(before) {
            Some(more) => Moved::Up(more),
            None => Moved::Down(before.saturating_sub(part.net())),
        };
        row.count(moved);
        moved
    }

    /// Grants so much, or as much of it as can be counted.
    pub(super) fn grant(&mut self, node: u64, epoch: u64, amount: u64) -> Moved {
        let had = self.of(epoch, node);
        let granted = sum(had.granted, amount);
        self.merge(node, &Row { granted, ..had })
    }

    /// Charges a row with what a node had of others.
    pub(super) fn carry(&mut self, node: u64, epoch: u64, amount: u64) {
        let row = self.row(epoch);
        let part = row.nodes.entry(node).or_default();
        part.carried = sum(part.carried, amount);
        row.count(Moved::Up(amount));
    }

    /// One row that holds what all of these do, and `total` in all.
    pub(super) fn carried_to(self, epoch: u64, total: u64) -> Self {
        let mut rows = Self::default();
        for (node, part) in self.0.into_values().flat_map(|row| row.nodes) {
            if part.all() > 0 {
                rows.carry(node, epoch, part.all());
            }
        }
        if total > 0 {
            rows.row(epoch).sum = total;
        }
        rows
    }

    /// What of a node was carried from rows of another kind.
    pub(super) fn carried_of(&self, node: u64) -> u64 {
        let parts = self.0.values().filter_map(|row| row.nodes.get(&node));
        parts.fold(0, |all, part| sum(all, part.carried))
    }

    /// What all nodes have of these rows.
    pub(super) fn total(&self, rows: RangeInclusive<u64>) -> u64 {
        if rows.is_empty() {
            return 0;
        }
        let sums = self.0.range(rows).map(|(_, row)| row.sum);
        sums.fold(0, sum)
    }

    /// The last row that anybody has something of.
    pub(super) fn last(&self) -> Option<u64> {
        self.0.keys().next_back().copied()
    }

    /// The rows and what all nodes have of them, the last first.
    pub(super) fn latest_first(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().rev().map(|(epoch, row)| (*epoch, row.sum))
    }

    /// Forgets what no longer counts.
    pub(super) fn forget_before(&mut self, epoch: u64) {
        self.0 = self.0.split_off(&epoch);
    }

    /// Forgets nodes, and what they had.
    pub(super) fn keep_nodes(&mut self, is_there: impl Fn(u64) -> bool) {
        for row in self.0.values_mut() {
            row.nodes.retain(|node, _| is_there(*node));
            row.sum = row.nodes.values().fold(0, |all, part| sum(all, part.all()));
        }
        self.0.retain(|_, row| !row.nodes.is_empty());
    }

    /// A bucket lacks so much now: no more than that of what was taken until `head` could have stayed in it.
    pub(super) fn narrow(&mut self, head: u64, lack: u64) {
        for (_, row) in self.0.range_mut(..=head) {
            row.room = std::cmp::min(row.room, lack);
        }
    }

    /// How much of what comes back of a row goes into the bucket; see [`Lack`](super::bucket::Lack).
    pub(super) fn put_back(&mut self, epoch: u64, amount: u64) -> u64 {
        let room = self.0.get(&epoch).map_or(0, |row| row.room);
        for row in self.0.values_mut() {
            row.room = row.room.saturating_sub(amount);
        }
        std::cmp::min(room, amount)
    }

    fn row(&mut self, epoch: u64) -> &mut OneRow {
        self.0.entry(epoch).or_insert_with(|| OneRow {
            sum: 0,
            room: Call::MOST,
            nodes: BTreeMap::new(),
        })
    }
}

impl OneRow {
    fn count(&mut self, moved: Moved) {
        self.sum = match moved {
            Moved::Up(more) => sum(self.sum, more),
            Moved::Down(_) if self.sum == Call::MOST => Call::MOST,
            Moved::Down(less) => self.sum.saturating_sub(less),
        };
    }
}

/// Both, or the largest amount.
pub(super) fn sum(a: u64, b: u64) -> u64 {
    std::cmp::min(a.saturating_add(b), Call::MOST)
}
