//! What a node holds of a shared limit, as a value: what may be spent now, what to tell the store, what to ask it for.

mod carry;
mod demand;
mod denial;
mod excess;
mod grid;
mod hear;
mod heard;
mod level;
mod place;
mod rows;
mod server_clock;
mod slots;
mod wary;
mod wish;

#[cfg(test)]
mod holders;
#[cfg(test)]
mod random;
#[cfg(test)]
mod tests;

use crate::clock::{Timestamp, nanos_of};

use self::carry::{Carried, Rowless};
use self::demand::Demand;
use self::denial::Denial;
pub use self::denial::Wait;
pub use self::heard::Heard;
use self::level::Level;
use self::rows::{Held, Rows};
use self::server_clock::ServerClock;
use self::slots::Slots;
use self::wary::Wary;
use super::{Shape, Want};

/// One shared limit of one tenant, in one node.
///
/// It reads no clock and sends nothing: it is told the time, says what to tell the [store](super::SharedOrigin), and is told the
/// reply. Times are the node's own, and exact: a coarse reading would spend a row after its end.
///
/// # The rules
/// - **A row is spent only while the store's clock certainly stands in it** ([`Shape::span`]). Each reply says that the clock
///   showed a time between the sending and the receiving; between replies the bounds grow apart by 200 millionths.
/// - **Spendable is what a reply has said was granted**, less what was spent and given back. A debt and its refund are
///   charged and freed at the store first: it takes debts whether they fit or not.
/// - **The row of a charge is the one that was current at the time**, and no newer row becomes current before the time that
///   [`steady_until`](Self::steady_until) has named, so that who comes back later finds it by the time alone.
/// - **What is left of a row that is over is given back**, by the next call.
/// - **A store that may have forgotten something** ([`Reply::run`](super::Reply::run) is another) is told all that counts, at once.
/// - **A reply that was on its way for half a second or more** is not heard: what it grants could be forgotten by the
///   store before it is told. The next reply tells of it.
///
/// # Complexity
/// [`roll`](Self::roll) is O(1) within a row, and like all the rest O(rows that were touched and count) otherwise. 96 bytes for each of these.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::Timestamp;
/// use tollgate::cluster::{Answer, Reply, Row, Shape, Share};
///
/// let shape = Shape::Sliding { step: 1_000_000, rows: 11 };
/// let sent = Timestamp::from_nanos(5_000_000_000);
/// let mut share = Share::new(sent);
/// share.roll(shape, sent);
/// assert_eq!(share.free(), 0, "it was granted nothing yet");
/// share.need(100, 1);
/// assert!(share.must_ask(100, sent));
/// let (rows, want) = share.ask(100, sent, false);
/// assert!(rows.is_empty());
/// assert_eq!(want.map(|want| want.need), Some(1));
///
/// // The store grants 8, in the middle of a row:
/// let answer = Answer {
///     epoch: 1_700_000_000,
///     rows: vec![Row { epoch: 1_700_000_000, granted: 8, returned: 0 }],
///     free: 92,
///     not_before: 0,
///     generation: 1,
///     capacity: 100,
/// };
/// let reply = Reply { now: 1_700_000_000_500_000, run: 1, nodes: 1, answers: vec![answer] };
/// let received = sent.saturating_add(Duration::from_millis(2));
/// share.answered(sent, received, &reply, &reply.answers[0]);
/// share.roll(shape, received);
/// assert_eq!(share.free(), 8);
/// share.charge(3);
/// assert_eq!((share.free(), share.used_by_all()), (5, 3));
///
/// // It is the row's own for no longer than the store's clock is in it:
/// assert!(share.steady_until() > received);
/// share.roll(shape, share.steady_until());
/// assert_eq!(share.free(), 0);
/// ```
#[derive(Debug, Clone)]
pub struct Share {
    /// The latest time it was told.
    now: Timestamp,
    shape: Option<Shape>,
    clock: ServerClock,
    rows: Rows,
    current: Option<Current>,
    /// No row becomes current before this.
    not_before: Timestamp,
    /// What was charged before there was a row to charge.
    owed: u64,
    rowless: Rowless,
    carried: Carried,
    wary: Option<Wary>,
    demand: Demand,
    denial: Option<Denial>,
    link: Link,
    level: Level,
    /// What may be spent beyond what was granted, while the store does not answer.
    allowance: u64,
    /// When something was charged last.
    charged_at: Timestamp,
    slots: Slots,
}

/// The row that is charged.
#[derive(Debug, Clone, Copy)]
struct Current {
    epoch: u64,
    /// It is for certain until this local time, exclusive.
    until: Timestamp,
}

/// How the conversation stands.
#[derive(Debug, Clone, Copy, Default)]
struct Link {
    /// Which life of the store was heard of last.
    run: Option<u64>,
    /// When the last call was made, what it wished, and the cost that somebody waited for.
    asked: Option<(Timestamp, Option<Want>, u64)>,
    /// When the last call that was answered was made.
    heard: Option<Timestamp>,
    /// When the shape became what it is: earlier calls tell of other rows.
    reshaped: Timestamp,
    /// What the store did not take is not told again before this.
    retell: Timestamp,
    /// The row that something was asked for ahead of it.
    ahead: Option<u64>,
    /// Nobody waits, and the store granted nothing: it is not asked before this.
    quiet: Timestamp,
}

impl Share {
    /// Knows nothing and holds nothing.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            shape: None,
            clock: ServerClock::default(),
            rows: Rows::default(),
            current: None,
            not_before: Timestamp::ZERO,
            owed: 0,
            rowless: Rowless::from(now),
            carried: Carried::default(),
            wary: None,
            demand: Demand::default(),
            denial: None,
            link: Link::default(),
            level: Level::default(),
            allowance: 0,
            charged_at: Timestamp::ZERO,
            slots: Slots::default(),
        }
    }

    /// Moves on: which row can be spent now, if any. Forgets rows that no longer count, whatever the store's clock says.
    ///
    /// Everything else in here is as of this time. A time that goes back changes nothing.
    pub fn roll(&mut self, shape: Shape, now: Timestamp) {
        self.now = std::cmp::max(self.now, now);
        if self.shape != Some(shape) {
            self.reshape(shape);
        } else if self.current.is_some_and(|row| self.now < row.until) {
            return;
        }
        self.forget_old();
        self.seek();
        self.demand.roll(self.slot(), self.now);
    }

    /// What can be spent now; 0 while it is uncertain in which row the store's clock stands.
    pub fn free(&self) -> u64 {
        let row = self.current.and_then(|row| self.rows.get(row.epoch));
        let spare = row.map_or(0, Held::spare);
        if self.allowance == 0 {
            return spare;
        }
        let debts = self.rows.iter().map(Held::debt);
        let beyond = debts.fold(self.owed, u64::saturating_add);
        spare.saturating_add(self.allowance.saturating_sub(beyond))
    }

    /// The store does not answer: until it does, so much may be spent beyond what was granted, in all rows that count
    /// together. It is a debt, which the store is told of when it answers.
    pub fn allow_beyond(&mut self, most: u64) {
        self.allowance = most;
    }

    /// Until when, exclusive, the same row can be spent for certain; not after now if none can.
    ///
    /// A later reply may only move it to later, except if the store's clock turns out to have been set: who has taken
    /// something out to spend until then looks again after [`answered`](Self::answered).
    pub fn steady_until(&self) -> Timestamp {
        self.current
            .map_or(Timestamp::ZERO, |current| current.until)
    }

    /// What the store's clock shows, as far as that is known: by this a calendar limit finds its
    /// [period](Shape::of). The node's own time before the first reply.
    pub fn reckoned(&self, now: Timestamp) -> Timestamp {
        self.clock.guess(now).map_or(now, Timestamp::from_nanos)
    }

    /// Charges the row that can be spent now. What is beyond [`free`](Self::free) is a debt, which the store is told of at once.
    pub fn charge(&mut self, amount: u64) {
        self.demand.spent(amount);
        let row = self.charged_row();
        self.charged_at = self.now;
        self.add(row, amount);
    }

    /// The debt of settling a charge made at a time: to the row that was current then, if it still counts.
    pub fn burden(&mut self, at: Timestamp, amount: u64) {
        match self.rows.at(at) {
            Some(epoch) => self.add(Some(epoch), amount),
            // What a bucket lacks does not grow old.
            None if self.rowless.includes(at) || self.is_bucket() => {
                let row = self.rows.oldest_begun().or_else(|| self.charged_row());
                self.add(row, amount);
            }
            None => {}
        }
    }

    /// A refund of a charge made at a time: to the row that was current then. Never to a newer one, nor more than it holds.
    pub fn lighten(&mut self, at: Timestamp, amount: u64) {
        let row = self.rows.at(at).and_then(|epoch| self.rows.get_mut(epoch));
        let less = match row {
            Some(row) => row.unspend(amount),
            None if self.rowless.includes(at) => {
                let less = std::cmp::min(self.owed, amount);
                self.owed = self.owed.saturating_sub(less);
                less
            }
            None => 0,
        };
        self.demand.unspent(less);
        self.level.give(less);
    }

    /// Whether nothing would be lost if it were forgotten: nothing counts, is held, or is untold.
    pub fn is_idle(&self) -> bool {
        let is_nothing = |row: &Held| row.net() == 0 && !row.is_untold();
        self.owed == 0 && self.carried_at(self.now) == 0 && self.rows.iter().all(is_nothing)
    }

    fn is_bucket(&self) -> bool {
        matches!(self.shape, Some(Shape::Bucket { .. }))
    }

    fn add(&mut self, epoch: Option<u64>, amount: u64) {
        self.level.take(amount);
        match epoch.and_then(|epoch| self.rows.get_mut(epoch)) {
            Some(row) => row.spend(amount),
            None => self.owed = self.owed.saturating_add(amount),
        }
    }

    /// How long slots of time are by which demand is told: a row's length, or the longest time that is asked ahead for.
    fn slot(&self) -> u64 {
        let length = self.shape.map_or(u64::MAX, |shape| {
            let (start, end) = grid::bounds_of(shape, 1);
            end.saturating_sub(start)
        });
        std::cmp::min(length, nanos_of(wish::HORIZON)).max(1)
    }
}
