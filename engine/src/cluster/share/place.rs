//! Which row can be spent now, by what is known of the store's clock.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::Shape;

use super::server_clock::{DRIFT, nanos};
use super::{Current, Share, grid};

/// No row is charged for so long after the node had to give up what it knew of the row being charged: whoever read the
/// clock just before is done by then.
const PAUSE: Duration = Duration::from_millis(100);

impl Share {
    /// Which row can be spent now.
    pub(super) fn seek(&mut self) {
        self.current = None;
        let (Some(shape), Some((low, high))) = (self.shape, self.clock.bounds(self.now)) else {
            return;
        };
        if self.now < self.not_before {
            return;
        }
        let guess = low.saturating_add(high.saturating_sub(low) >> 1);
        let epoch = grid::row_at(shape, guess);
        let epoch = std::cmp::max(epoch, self.rows.newest_begun().unwrap_or(0));
        let until = self.certain_until(shape, epoch);
        if self.is_certainly_in(shape, epoch) && self.now < until {
            self.begin(epoch);
            self.current = Some(Current { epoch, until });
        }
    }

    /// Which row can be spent, now that more is known of the store's clock. What was named stays, if it can.
    pub(super) fn look_again(&mut self) {
        self.forget_old();
        let current = self.current.filter(|current| self.now < current.until);
        let (Some(current), Some(shape)) = (current, self.shape) else {
            self.seek();
            return;
        };
        if !self.is_certainly_in(shape, current.epoch) {
            self.give_up_current();
            return;
        }
        let certain = self
            .clock
            .certainly_before(grid::span_of(shape, current.epoch).1);
        let kept = std::cmp::min(current.until, certain);
        let until = std::cmp::max(self.certain_until(shape, current.epoch), kept);
        self.current = Some(Current { until, ..current });
        self.begin(current.epoch);
    }

    /// The row that can be spent now; where none can for certain, the newest that the store's clock may stand in: it is the
    /// one to be charged from now on.
    pub(super) fn charged_row(&mut self) -> Option<u64> {
        if let Some(current) = self.current {
            return Some(current.epoch);
        }
        let (shape, (_, high)) = (self.shape?, self.clock.bounds(self.now)?);
        let epoch = grid::row_at(shape, high);
        let epoch = std::cmp::max(epoch, self.rows.newest_begun().unwrap_or(0));
        self.begin(epoch);
        if self.allowance > 0 {
            // What was granted of a row is for that row alone, and this may not be it.
            if let Some(row) = self.rows.get_mut(epoch) {
                row.give_back(0);
            }
        }
        Some(epoch)
    }

    pub(super) fn is_certainly_in(&self, shape: Shape, epoch: u64) -> bool {
        let (start, end) = grid::span_of(shape, epoch);
        let bounds = self.clock.bounds(self.now);
        bounds.is_some_and(|(low, high)| low >= start && high < end)
    }

    /// Until when a row that can be spent now can be.
    pub(super) fn certain_until(&self, shape: Shape, epoch: u64) -> Timestamp {
        if let Shape::Concurrency { ttl } = shape {
            return self.leased_until(ttl);
        }
        let (_, spent_until) = grid::span_of(shape, epoch);
        let (_, end) = grid::bounds_of(shape, epoch);
        // The next one is taken up as soon as it is likely that the store's clock stands in it.
        let turn = self.clock.guessed_at(end);
        std::cmp::min(turn, self.clock.certainly_before(spent_until))
    }

    /// Until when the store keeps what is held, if it hears nothing.
    pub(super) fn leased_until(&self, ttl: u64) -> Timestamp {
        let ttl = nanos(ttl);
        let ttl = ttl.saturating_sub(ttl.div_ceil(DRIFT));
        let heard = self.link.heard.unwrap_or(Timestamp::ZERO);
        heard.saturating_add(Duration::from_nanos(ttl))
    }

    pub(super) fn begin(&mut self, epoch: u64) {
        let owed = std::mem::take(&mut self.owed);
        self.rowless.ends(self.now);
        // What was charged to an older row at this very instant is that row's: by the time alone it must not be found here.
        let is_shared = self.charged_at == self.now && !self.rows.is_empty();
        let since = Duration::from_nanos(u64::from(is_shared));
        if let Some(row) = self.rows.begin(epoch, self.now.saturating_add(since)) {
            row.spend(owed);
        }
    }

    pub(super) fn forget_old(&mut self) {
        let (Some(shape), Some((low, _))) = (self.shape, self.clock.bounds(self.now)) else {
            return;
        };
        self.rows
            .retain(|epoch| low < grid::counts_until(shape, epoch));
    }

    /// The current row is no longer for certain, before the time that was named.
    pub(super) fn give_up_current(&mut self) {
        if let Some(current) = self.current.take() {
            let until = std::cmp::min(current.until, self.now.saturating_add(PAUSE));
            self.not_before = std::cmp::max(self.not_before, until);
        }
    }
}
