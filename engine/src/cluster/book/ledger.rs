//! One limit of one tenant: what becomes of what a node says of it and wants of it.

use crate::cluster::{Answer, Ask, Call, Row, Shape, Want, When};

use super::bucket::Lack;
use super::moment::Moment;
use super::rows::{Rows, sum};
use super::terms::Terms;

/// A node whose config is another one asks again after so long, in microseconds.
const OTHER_ROWS: u64 = 1_000_000;

/// See the module's page.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    terms: Terms,
    /// The row that the store's clock stands in; it never goes back.
    head: u64,
    rows: Rows,
    /// Only a bucket's.
    lack: Lack,
}

/// How what a node says stands to what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It counts by these rows.
    Counts,
    /// It counts by other rows.
    OtherRows,
    /// It speaks of a period that is over, or has not begun.
    OtherPeriod,
}

impl Ledger {
    pub(super) fn new(ask: &Ask, moment: &Moment) -> Self {
        let terms = Terms::of(ask, moment.now);
        Self {
            terms,
            head: terms.row_at(moment.now),
            rows: Rows::default(),
            lack: Lack::new(&terms, 0, moment),
        }
    }

    /// Moves on to now. `is_held` says whose holdings count, of those who hold slots.
    pub(super) fn advance(&mut self, moment: &Moment, is_held: impl Fn(u64, u64) -> bool) {
        let before = self.head;
        self.head = before.max(self.terms.row_at(moment.now));
        match self.terms.shape {
            Shape::Bucket { .. } => {
                let heads = (before, self.head);
                self.lack
                    .advance(&self.terms, &mut self.rows, heads, moment);
            }
            Shape::Concurrency { ttl } => self.rows.keep_nodes(|node| is_held(node, ttl)),
            Shape::Sliding { .. } | Shape::Calendar { .. } => {}
        }
        let first = *self.terms.rows_that_count(self.head).start();
        self.rows.forget_before(first);
    }

    /// Takes in what a node says, grants what it wants if that fits, and answers. `live` nodes share what is free.
    pub(super) fn hear(&mut self, ask: &Ask, moment: &Moment, live: u64) -> Answer {
        let standing = self.judge(ask, moment);
        match standing {
            Standing::Counts => self.merge(ask, moment),
            Standing::OtherRows => self.charge_other_rows(ask, moment),
            Standing::OtherPeriod => {}
        }
        let wanted = ask.want.map_or(self.head, |want| self.wanted(want.when));
        let epoch = if standing == Standing::Counts {
            wanted
        } else {
            self.head
        };
        let not_before = match (moment.quarantine, standing) {
            (Some(until), _) => until,
            (None, Standing::OtherRows) => moment.now.saturating_add(OTHER_ROWS),
            (None, Standing::OtherPeriod) => match ask.shape {
                Shape::Calendar { start, .. } => start.max(moment.now),
                Shape::Sliding { .. } | Shape::Bucket { .. } | Shape::Concurrency { .. } => {
                    moment.now
                }
            },
            (None, Standing::Counts) => ask
                .want
                .map_or(0, |want| self.grant(ask, &want, epoch, moment, live)),
        };
        Answer {
            epoch,
            rows: self.rows_for(ask, standing, epoch, moment.node),
            free: self.free(epoch),
            not_before,
            generation: self.terms.generation,
            capacity: self.terms.capacity,
        }
    }

    /// From when on it makes no difference whether this is forgotten.
    pub(super) fn counts_until(&self, moment: &Moment) -> u64 {
        let last = self.rows.last().unwrap_or(self.head).max(self.head);
        let rows = self.terms.counts_until(last);
        let more = match self.terms.shape {
            Shape::Bucket { level, step, .. } => {
                let full = std::cmp::min(level, Call::MOST);
                let full = self.lack.holds_at(&self.terms, self.promised(), full);
                full.saturating_add(step)
            }
            Shape::Concurrency { ttl } if self.rows.last().is_some() => {
                moment.now.saturating_add(ttl).saturating_add(1)
            }
            Shape::Sliding { .. } | Shape::Calendar { .. } | Shape::Concurrency { .. } => 0,
        };
        rows.max(more).max(moment.silent_at(self.terms.said))
    }

    /// For how long holdings count after their node was heard of.
    pub(super) fn ttl(&self) -> u64 {
        match self.terms.shape {
            Shape::Concurrency { ttl } => ttl,
            Shape::Sliding { .. } | Shape::Bucket { .. } | Shape::Calendar { .. } => 0,
        }
    }

    fn judge(&mut self, ask: &Ask, moment: &Moment) -> Standing {
        let said = Terms::of(ask, moment.now);
        let in_force = self.terms.or_later(said, moment);
        self.change_to(in_force, moment);
        if !said.is_on(moment) {
            Standing::OtherPeriod
        } else if self.terms.has_rows_of(&said) {
            Standing::Counts
        } else {
            Standing::OtherRows
        }
    }

    fn change_to(&mut self, terms: Terms, moment: &Moment) {
        let old = std::mem::replace(&mut self.terms, terms);
        if terms.has_rows_of(&old) {
            if terms.capacity != old.capacity {
                self.lack.change_rate();
            }
            return;
        }
        let carried = self.carried(&old, &terms, moment);
        self.head = terms.row_at(moment.now);
        self.lack = Lack::new(&terms, carried, moment);
        let rows = std::mem::take(&mut self.rows);
        // Slots are held by what runs; what was spent in a window does not run. A period that is over counts no more.
        if !matches!(terms.shape, Shape::Concurrency { .. }) && old.is_on(moment) {
            self.rows = rows.carried_to(self.head, carried);
        }
    }

    /// What counts now by the terms `old`, and is to count by the `new` ones.
    fn carried(&self, old: &Terms, new: &Terms, moment: &Moment) -> u64 {
        match old.shape {
            Shape::Bucket { level: before, .. } => {
                let lacks = self.lack.lacks(self.promised());
                let Shape::Bucket { level, .. } = new.shape else {
                    return lacks;
                };
                // A bucket that holds more holds no more yet.
                let held = std::cmp::min(before, Call::MOST).saturating_sub(lacks);
                lacks.max(std::cmp::min(level, Call::MOST).saturating_sub(held))
            }
            Shape::Calendar { .. } if !old.is_on(moment) => 0,
            Shape::Sliding { .. } | Shape::Calendar { .. } | Shape::Concurrency { .. } => {
                self.rows.total(0..=u64::MAX)
            }
        }
    }

    fn merge(&mut self, ask: &Ask, moment: &Moment) {
        let count = self.terms.rows_that_count(self.head);
        for said in ask.rows.iter().filter(|row| count.contains(&row.epoch)) {
            let moved = self.rows.merge(moment.node, said);
            if !matches!(self.terms.shape, Shape::Bucket { .. }) || said.epoch > self.head {
                continue;
            }
            if moment
                .since
                .is_some_and(|since| self.terms.start_of(said.epoch) <= since)
            {
                // It was taken from a level that is forgotten.
                continue;
            }
            self.lack
                .follow(&self.terms, &mut self.rows, said.epoch, moved);
        }
    }

    /// A store that has forgotten what it was told in other rows still has to count it: the excess over what it has carried.
    fn charge_other_rows(&mut self, ask: &Ask, moment: &Moment) {
        // Slots count what runs; and a bucket is empty as it is.
        let is_window = matches!(
            self.terms.shape,
            Shape::Sliding { .. } | Shape::Calendar { .. }
        );
        if moment.quarantine.is_none() || !is_window {
            return;
        }
        let net = |row: &Row| row.granted.saturating_sub(row.returned);
        let said = ask.rows.iter().fold(0, |all, row| sum(all, net(row)));
        let more = said.saturating_sub(self.rows.carried_of(moment.node));
        if more > 0 {
            self.rows.carry(moment.node, self.head, more);
        }
    }

    fn wanted(&self, when: When) -> u64 {
        let has_next = matches!(
            self.terms.shape,
            Shape::Sliding { .. } | Shape::Bucket { .. }
        );
        match when {
            When::After(row) if has_next && row == self.head => self.head.saturating_add(1),
            When::After(_) | When::Now => self.head,
        }
    }

    /// Grants what fits, and says before when nothing more is: 0 if the wish was granted.
    fn grant(&mut self, ask: &Ask, want: &Want, epoch: u64, moment: &Moment, live: u64) -> u64 {
        let had = self.rows.of(epoch, moment.node).granted;
        let reported = ask.rows.iter().filter(|row| row.epoch == epoch);
        let known = reported.fold(want.known, |known, row| known.max(row.granted));
        let lost = had.saturating_sub(known);
        let need = want.need.saturating_sub(lost);
        let most = want.most.max(want.need).saturating_sub(lost);
        let free = std::cmp::min(self.free(epoch), Call::MOST.saturating_sub(had));
        let part = free.checked_div(live.saturating_mul(2)).unwrap_or(0);
        let amount = std::cmp::min(most, part).max(need);
        if amount == 0 && (most == 0 || lost > 0) {
            return 0;
        }
        if amount == 0 || amount > free {
            return self.opens(epoch, need.max(1), moment);
        }
        let moved = self.rows.grant(moment.node, epoch, amount);
        if matches!(self.terms.shape, Shape::Bucket { .. }) && epoch <= self.head {
            self.lack.follow(&self.terms, &mut self.rows, epoch, moved);
        }
        0
    }

    /// What nobody has of the windows that hold a row.
    fn free(&self, epoch: u64) -> u64 {
        match self.terms.shape {
            Shape::Sliding { rows, .. } => {
                let others = rows.saturating_sub(1);
                let last = self.rows.last().unwrap_or(epoch);
                let last = last.clamp(epoch, epoch.saturating_add(others));
                let windows = (epoch..=last).map(|end| end.saturating_sub(others)..=end);
                let fullest = windows.map(|window| self.rows.total(window)).max();
                self.terms.capacity.saturating_sub(fullest.unwrap_or(0))
            }
            Shape::Bucket { .. } => self.lack.free(&self.terms, self.promised()),
            Shape::Calendar { .. } | Shape::Concurrency { .. } => {
                let all = self.rows.total(epoch..=epoch);
                self.terms.capacity.saturating_sub(all)
            }
        }
    }

    /// What is granted of rows that have not begun.
    fn promised(&self) -> u64 {
        self.rows.total(self.head.saturating_add(1)..=u64::MAX)
    }

    /// When so much could be granted that does not fit into the row `epoch`, if nobody gives anything back.
    fn opens(&self, epoch: u64, amount: u64, moment: &Moment) -> u64 {
        match self.terms.shape {
            Shape::Sliding { rows, .. } => self.leaves(epoch, rows, amount),
            Shape::Bucket { .. } => self.lack.holds_at(&self.terms, self.promised(), amount),
            Shape::Calendar { end, .. } => end,
            Shape::Concurrency { .. } => moment.now.saturating_add(moment.heartbeat),
        }
    }

    /// The start of the row by which enough of the old rows have left.
    fn leaves(&self, epoch: u64, rows: u64, amount: u64) -> u64 {
        let Some(may_stay) = self.terms.capacity.checked_sub(amount) else {
            return Call::MOST;
        };
        let mut stay = 0;
        let leaves = self.rows.latest_first().find(|(_, all)| {
            stay = sum(stay, *all);
            stay > may_stay
        });
        let next = epoch.saturating_add(1);
        let opens = leaves.map_or(next, |(row, _)| row.saturating_add(rows).max(next));
        self.terms.start_of(opens)
    }

    /// What there is of a node: what it has spoken of, as far as it counts, and the row it gets an answer for.
    fn rows_for(&self, ask: &Ask, standing: Standing, epoch: u64, node: u64) -> Vec<Row> {
        if standing != Standing::Counts {
            return Vec::new();
        }
        let count = self.terms.rows_that_count(self.head);
        let said = ask.rows.iter().map(|row| row.epoch);
        let said = said.filter(|row| count.contains(row) && *row != epoch);
        let rows = said.chain([epoch]);
        rows.map(|row| self.rows.of(row, node)).collect()
    }
}
