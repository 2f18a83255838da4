//! Grants of rows that can be spent now, of which nobody here knows any more how much is spent.
//!
//! A limit that is changed and changed back, or taken away and set again, counts by the same rows again, and the store may not even
//! have heard of the change. What it says of this node's row then is no reply that was lost: it may be spent long
//! since. So before anything is wished for, the store is asked what there is of this node, and that counts as spent.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Answer, Reply, Shape};

use super::denial::Denial;
use super::server_clock::nanos;
use super::{Share, grid};

/// A store that has not said is not asked again before this.
const PAUSE: Duration = Duration::from_millis(100);

/// See the module's page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wary {
    /// When the newest row began that may have been spent, by the store's clock: it must be in that row to be asked.
    since: u64,
    /// So much of what was spent is charged here in any case.
    covered: u64,
}

impl Share {
    /// This node may have had a share of the same limit before. What was charged to this one until now includes what was
    /// charged to that one.
    pub(crate) fn succeed_another(&mut self) {
        self.wary = Some(Wary {
            since: 0,
            covered: self.owed,
        });
    }

    /// What was spent of the rows of the shape that `was` is about to be forgotten.
    pub(super) fn be_wary(&mut self, was: Shape) {
        let begun = self.rows.newest_begun();
        let begun = begun.map_or(0, |epoch| grid::bounds_of(was, epoch).0);
        let before = self.wary.map_or((0, 0), |wary| (wary.since, wary.covered));
        self.wary = Some(Wary {
            since: std::cmp::max(before.0, begun),
            covered: before.1,
        });
    }

    /// Takes what the store has of this node for spent, if it may be.
    pub(super) fn adopt(&mut self, received: Timestamp, reply: &Reply, answer: &Answer) {
        let Some(wary) = &mut self.wary else { return };
        if !answer.rows.iter().any(|row| row.epoch == answer.epoch) {
            // The store counts by other rows, or is in another period: it has not said.
            let until = self.clock.certainly_at(nanos(answer.not_before));
            let until = std::cmp::max(until, received.saturating_add(PAUSE));
            self.denial = Some(Denial::listening(until, received));
            return;
        }
        let (since, covered) = (wary.since, std::mem::take(&mut wary.covered));
        if nanos(reply.now) >= since {
            self.wary = None;
        }
        if self.is_concurrency() {
            // What holds slots was let go of with its rows.
            return;
        }
        for row in answer.rows.iter().filter(|row| row.epoch == answer.epoch) {
            let adopted = self.rows.adopt(row);
            // What is charged here, whatever the row, is charged to its own.
            let covered = std::cmp::min(covered, adopted);
            self.owed = self.owed.saturating_sub(covered);
            // What was carried over from rows of another shape may be this.
            self.carried.lessen(adopted);
        }
    }
}
