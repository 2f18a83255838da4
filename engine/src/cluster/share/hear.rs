//! What becomes of a reply.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::cluster::{Answer, Reply, When};

use super::denial::{ASK_AGAIN, Denial};
use super::rows::Held;
use super::server_clock::nanos;
use super::{Heard, Share, grid};

/// A reply that was on its way for longer is not heard.
///
/// A store that has lost what it knew listens for twice the heartbeat, and for a second at least: what a reply has granted must
/// be told it by then.
const TOO_LATE: Duration = Duration::from_millis(500);
/// Where less than this part of the whole is free, it is left to those who come next: to fight over it takes
/// more calls than it is worth.
const DREGS: u64 = 256;
/// For no longer than this; and so long after it granted nothing ahead it is not asked for that again.
const LEAVE: Duration = Duration::from_millis(250);

impl Share {
    /// Takes in a reply to a call that was made at `sent` and the answer in it that is about this limit.
    ///
    /// Replies may be lost, come twice and in any order. `sent` is read before the call is sent, `received` after the reply has come.
    /// Gives what came of it.
    pub fn answered(
        &mut self,
        sent: Timestamp,
        received: Timestamp,
        reply: &Reply,
        answer: &Answer,
    ) -> Heard {
        let heard = self.hear(sent, received, reply, answer);
        Heard {
            left: self.left(),
            ..heard
        }
    }

    /// What is held, and neither spent nor given back.
    pub(crate) fn left(&self) -> u64 {
        let spare = self.rows.iter().map(Held::spare);
        spare.fold(0, u64::saturating_add)
    }

    fn hear(
        &mut self,
        sent: Timestamp,
        received: Timestamp,
        reply: &Reply,
        answer: &Answer,
    ) -> Heard {
        let mut heard = Heard::default();
        self.now = std::cmp::max(self.now, received);
        let is_late = self.link.heard.is_some_and(|heard| sent < heard);
        let is_other_life = self.link.run.is_some_and(|run| run != reply.run);
        if received.since(sent) >= TOO_LATE || is_late && is_other_life {
            return heard;
        }
        if is_other_life {
            self.clock.forget();
            self.rows.forget_told();
            self.recall_carried();
            self.denial = None;
            heard.ended = self.link.run;
        }
        self.link.run = Some(reply.run);
        self.allowance = 0;
        self.clock.hear(reply.now, sent, received, is_late);
        heard.uncertainty = Some(self.clock.uncertainty(received));
        let was_lapsed = self.has_lapsed(received);
        if !is_late {
            self.link.heard = Some(sent);
        }
        if sent < self.link.reshaped || self.link.asked.is_none() {
            return heard;
        }
        self.adopt(received, reply, answer);
        for row in &answer.rows {
            heard = heard.and(self.rows.merge(row));
        }
        if was_lapsed {
            self.rows.iter_mut().for_each(Held::doubt);
        }
        self.look_again();
        if !is_late {
            self.settle(sent, received, answer);
            self.count_slots(reply.nodes, answer);
        }
        if is_other_life {
            self.link.retell = Timestamp::ZERO;
        }
        let listens = self.denial.filter(|denial| denial.listens);
        heard.listens_until = listens.map(|denial| denial.until);
        heard
    }

    /// What the answer says of what is free, and of the wish that it is the answer to.
    fn settle(&mut self, sent: Timestamp, received: Timestamp, answer: &Answer) {
        self.level = self.level_after(answer);
        if self.rows.iter().any(Held::was_not_taken) {
            self.link.retell = received.saturating_add(ASK_AGAIN);
        }
        let asked = self.link.asked.as_mut().filter(|(at, ..)| sent >= *at);
        let Some((want, needed)) =
            asked.and_then(|(_, want, needed)| Some((want.take()?, *needed)))
        else {
            return;
        };
        self.demand.answered(needed);
        if want.when != When::Now {
            return;
        }
        let is_denied = answer.not_before > 0;
        if is_denied {
            // Where nothing is free, nothing less would have been granted either.
            let amount = if answer.free == 0 { 1 } else { want.need };
            let until = self.clock.certainly_at(nanos(answer.not_before));
            // Where nobody waits, a part too small to be granted isn't that.
            let would_fit = want.need > 0 && want.need <= answer.free;
            if would_fit {
                self.denial = Some(Denial::listening(until, received));
            } else if amount > 0 {
                self.denial = Some(Denial::new(amount, until, received));
            }
        } else if want.need > 0 {
            self.denial = None;
        }
        if want.need == 0 && self.known(answer.epoch) <= want.known {
            self.link.quiet = received.saturating_add(LEAVE);
        }
        if !is_denied {
            self.leave_dregs(received, answer);
        }
    }

    fn leave_dregs(&mut self, received: Timestamp, answer: &Answer) {
        let Some(shape) = self.shape.filter(|_| !self.is_concurrency()) else {
            return;
        };
        let whole = grid::whole(self.shape, answer.capacity);
        if answer.free > whole.checked_div(DREGS).unwrap_or(0) {
            return;
        }
        let (_, end) = grid::bounds_of(shape, answer.epoch);
        let until = std::cmp::min(self.clock.certainly_at(end), received.saturating_add(LEAVE));
        self.denial = Some(Denial::new(1, until, received));
    }
}
