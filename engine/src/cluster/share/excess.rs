//! What goes back to the store unspent.

use crate::clock::{Timestamp, nanos_of};
use crate::cluster::Shape;

use super::demand::ample;
use super::wish::HORIZON;
use super::{Share, grid};

impl Share {
    /// Gives back what is left of rows that can't be spent any more.
    pub(super) fn close_rows(&mut self, now: Timestamp) {
        let (Some(shape), Some((_, high))) = (self.shape, self.clock.bounds(now)) else {
            return;
        };
        let lapsed = self.has_lapsed(now);
        let newest = self.rows.newest_begun().unwrap_or(0);
        for row in self.rows.iter_mut() {
            let is_over = row.epoch < newest || high >= grid::span_of(shape, row.epoch).1;
            if is_over || lapsed {
                row.give_back(0);
            }
        }
    }

    /// Gives back what is held beyond twice what is likely to be used.
    pub(super) fn give_back_excess(&mut self, now: Timestamp) {
        let (Some(shape), Some(current)) = (self.shape, self.current) else {
            return;
        };
        let likely = ample(self.demand.likely(now, nanos_of(HORIZON)));
        if self.time_left(now) <= nanos_of(HORIZON) {
            // It comes back by itself before long.
            return;
        }
        let Some(row) = self.rows.get_mut(current.epoch) else {
            return;
        };
        let keep = if self.slots.are_scarce() {
            // What is free here, and nobody here waits for, is of more use elsewhere.
            0
        } else if let Shape::Concurrency { .. } = shape {
            row.spent().max(self.demand.needed)
        } else {
            likely
        };
        if row.spare() > keep.saturating_mul(2) {
            row.give_back(keep);
        }
    }
}
