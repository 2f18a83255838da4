//! What a node was granted, has spent and has given back, row by row.

use crate::clock::Timestamp;
use crate::cluster::{Call, Row};

use super::Heard;

/// One row. `granted`, `claimed` and `returned` only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held {
    pub(super) epoch: u64,
    /// When it became the one to be charged.
    since: Option<Timestamp>,
    /// What a reply has said it was granted: so much may be spent.
    granted: u64,
    /// What the store was told at least: debts included.
    claimed: u64,
    returned: u64,
    /// What of `claimed` the store is not known to have had room for: debts, which it has taken whether they fit or not, and slots that
    /// it may have given to others meanwhile. What is freed of them is the store's.
    overdrawn: u64,
    /// What is spent, net of refunds.
    spent: u64,
    /// What this life of the store is known to have.
    told: Row,
    /// What any life of it has had back.
    back: u64,
}

impl Held {
    /// What may still be spent.
    pub(super) fn spare(&self) -> u64 {
        let used = self.returned.saturating_add(self.spent);
        let known = self.granted.max(self.claimed);
        let fitting = known.saturating_sub(self.overdrawn);
        std::cmp::min(self.granted, fitting).saturating_sub(used)
    }

    /// What it was granted and has not given back.
    pub(super) fn held(&self) -> u64 {
        self.granted.saturating_sub(self.returned)
    }

    pub(super) fn spent(&self) -> u64 {
        self.spent
    }

    /// What the store has of it, or is to have.
    pub(super) fn total(&self) -> u64 {
        let used = self.returned.saturating_add(self.spent);
        let total = self.granted.max(self.claimed).max(used);
        std::cmp::min(total, Call::MOST)
    }

    /// What it counts for.
    pub(super) fn net(&self) -> u64 {
        self.total().saturating_sub(self.returned)
    }

    /// Whether the store counts less than was taken.
    pub(super) fn is_in_debt(&self) -> bool {
        self.total() > self.told.granted
    }

    /// What was spent and the store does not know of.
    pub(super) fn debt(&self) -> u64 {
        std::cmp::min(self.total().saturating_sub(self.told.granted), self.spent)
    }

    /// Whether the store was told of more than it says it has.
    pub(super) fn was_not_taken(&self) -> bool {
        self.claimed > self.told.granted
    }

    pub(super) fn is_untold(&self) -> bool {
        self.is_in_debt() || self.returned > self.told.returned
    }

    pub(super) fn spend(&mut self, amount: u64) {
        self.spent = self.spent.saturating_add(amount);
    }

    /// Takes back what was spent, or as much of it as there is; says how much.
    pub(super) fn unspend(&mut self, amount: u64) -> u64 {
        let less = std::cmp::min(self.spent, amount);
        self.spent = self.spent.saturating_sub(less);
        less
    }

    /// Gives back what is not spent beyond `keep`.
    pub(super) fn give_back(&mut self, keep: u64) {
        self.claim();
        self.pay_back();
        let left = self.claimed.saturating_sub(self.spent);
        self.returned = std::cmp::max(self.returned, left.saturating_sub(keep));
    }

    /// The store may have given to others what is in use here: that goes back too when it is free again, unless the store shows before
    /// that there is room for all.
    pub(super) fn doubt(&mut self) {
        self.give_back(0);
        self.overdrawn = std::cmp::max(self.overdrawn, self.spent);
    }

    /// Gives back what was refunded of debts.
    fn pay_back(&mut self) {
        let known = self.granted.max(self.claimed);
        let left = known.saturating_sub(self.spent);
        let back = std::cmp::min(self.overdrawn, left.saturating_sub(self.returned));
        self.overdrawn = self.overdrawn.saturating_sub(back);
        self.returned = self.returned.saturating_add(back);
    }

    /// The store is to count all of it.
    fn claim(&mut self) {
        let total = self.total();
        let known = self.granted.max(self.claimed);
        let debts = total.saturating_sub(known);
        self.overdrawn = self.overdrawn.saturating_add(debts);
        self.claimed = total;
    }

    /// What the store is told of it.
    fn report(&mut self) -> Row {
        self.claim();
        Row {
            epoch: self.epoch,
            granted: self.claimed,
            returned: self.returned,
        }
    }

    /// Takes in what the store says it has of it; says what is new.
    fn merge(&mut self, row: &Row) -> Heard {
        let known = self.granted.max(self.claimed);
        let heard = Heard {
            granted: row.granted.saturating_sub(known),
            beyond: std::cmp::min(row.granted, known).saturating_sub(self.granted),
            returned: row.returned.saturating_sub(self.back),
            ..Heard::default()
        };
        if row.granted > known {
            // The store has granted more than it was told of: it all fitted, debts included.
            self.overdrawn = 0;
        }
        self.back = std::cmp::max(self.back, row.returned);
        self.granted = std::cmp::max(self.granted, row.granted);
        self.returned = std::cmp::max(self.returned, row.returned);
        self.told.granted = std::cmp::max(self.told.granted, row.granted);
        self.told.returned = std::cmp::max(self.told.returned, row.returned);
        heard
    }
}

/// The rows that count and were touched, by epoch.
///
/// # Complexity
/// 96 bytes for each; the newest are found first, the others in O(rows).
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    rows: Vec<Held>,
    /// Rows before this one were forgotten, with what was spent of them: what the store says of them is not heard.
    first: u64,
}

impl Rows {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Held> {
        self.rows.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut Held> {
        self.rows.iter_mut()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn get(&self, epoch: u64) -> Option<&Held> {
        self.rows.iter().rev().find(|row| row.epoch == epoch)
    }

    pub(super) fn get_mut(&mut self, epoch: u64) -> Option<&mut Held> {
        self.rows.iter_mut().rev().find(|row| row.epoch == epoch)
    }

    /// The row that was charged at a time.
    pub(super) fn at(&self, at: Timestamp) -> Option<u64> {
        let begun = |row: &&Held| row.since.is_some_and(|since| since <= at);
        self.rows.iter().rev().find(begun).map(|row| row.epoch)
    }

    /// The newest row that was ever the one to be charged.
    pub(super) fn newest_begun(&self) -> Option<u64> {
        let begun = |row: &&Held| row.since.is_some();
        self.rows.iter().rev().find(begun).map(|row| row.epoch)
    }

    /// The oldest row that was ever the one to be charged.
    pub(super) fn oldest_begun(&self) -> Option<u64> {
        let begun = |row: &&Held| row.since.is_some();
        self.rows.iter().find(begun).map(|row| row.epoch)
    }

    /// When the oldest of them began.
    pub(super) fn began(&self) -> Option<Timestamp> {
        self.rows.iter().find_map(|row| row.since)
    }

    /// From now on this is the row to be charged, if it was not already.
    pub(super) fn begin(&mut self, epoch: u64, now: Timestamp) -> Option<&mut Held> {
        let row = self.open(epoch)?;
        row.since = row.since.or(Some(now));
        Some(row)
    }

    /// Takes in what the store says it has of a row; says what is new.
    pub(super) fn merge(&mut self, row: &Row) -> Heard {
        if row.granted == 0 || row.epoch < self.first {
            return Heard::default();
        }
        let held = self.open(row.epoch);
        held.map_or_else(Heard::default, |held| held.merge(row))
    }

    /// As [`merge`](Self::merge), for what may all be spent, and is charged for; says how much that is.
    pub(super) fn adopt(&mut self, row: &Row) -> u64 {
        let told = |row: Option<&Held>| {
            row.map_or(0, |row| row.told.granted.saturating_sub(row.told.returned))
        };
        let before = told(self.get(row.epoch));
        self.merge(row);
        let more = told(self.get(row.epoch)).saturating_sub(before);
        if let Some(held) = self.get_mut(row.epoch) {
            held.spend(more);
        }
        more
    }

    /// What the store is not known to have.
    pub(super) fn reports(&mut self) -> Vec<Row> {
        self.rows.iter_mut().for_each(Held::pay_back);
        let untold = self.rows.iter_mut().filter(|row| row.is_untold());
        untold.map(Held::report).collect()
    }

    /// Another life of the store knows nothing yet.
    pub(super) fn forget_told(&mut self) {
        for row in &mut self.rows {
            row.told = Row::default();
        }
    }

    /// Forgets the rows that no longer count.
    pub(super) fn retain(&mut self, counts: impl Fn(u64) -> bool) {
        let first = &mut self.first;
        self.rows.retain(|row| {
            let counts = counts(row.epoch);
            if !counts {
                *first = std::cmp::max(*first, row.epoch.saturating_add(1));
            }
            counts
        });
    }

    fn open(&mut self, epoch: u64) -> Option<&mut Held> {
        let place = match self.rows.binary_search_by_key(&epoch, |row| row.epoch) {
            Ok(place) => place,
            Err(place) => {
                let row = Held {
                    epoch,
                    ..Held::default()
                };
                self.rows.insert(place, row);
                place
            }
        };
        self.rows.get_mut(place)
    }
}
