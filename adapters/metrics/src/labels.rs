//! Which tenants have a label of their own, and how few labels are ever given out.

use std::hash::BuildHasher;
use std::time::Duration;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use tollgate::{TenantId, Timestamp};

use crate::names::OTHER;
use crate::sketch::Sketch;

/// Slots of the sketch for each label: who has one of 8 K slots for certain has 1/(8 K) of the events.
const SLOTS_A_LABEL: usize = 8;
/// How many times as busy as a holder another tenant must be, to take its place.
const CLEARLY: u64 = 2;
/// An exporter takes the time of each reading a little after we do, so a series counts as timed out when it has been
/// silent for twice as long as the exporter allows.
const TIMED_OUT_AFTER: u32 = 2;

/// What bounds the labels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    /// Tenants that hold a label at a time.
    pub(crate) held: usize,
    /// Tenants whose label the exporter may know.
    pub(crate) issued: usize,
    /// How often it is looked who is busiest; counts halve each time.
    pub(crate) period: Duration,
    /// After which silence the exporter forgets a series; `None` if it never does.
    pub(crate) idle_timeout: Option<Duration>,
}

/// Who holds a label, with what is kept for its series, and who has held one.
///
/// An exporter forgets no series, or only after a silence. So a tenant that loses its label leaves its
/// series behind, and what must be bounded are the labels *given out*. They are noted in a ledger, which a
/// tenant leaves only when a reading of the exporter has removed its series; when it is full, nobody new gets a
/// label. If nobody reads the exporter, nothing is forgotten there, and nobody leaves.
///
/// The rules, for at most K holders:
/// 1. While fewer than K hold one, whoever is decided on next gets one.
/// 2. After each period the busiest of the others take the places of the least busy holders, where they are
///    clearly busier: the least that the sketch says of the one is more than twice the most that it says of the other.
///    Then all counts halve, so that yesterday's busiest make room.
///
/// # Complexity
/// O(log K) an event; O(K log K) a period.
#[derive(Debug)]
pub(crate) struct Labels<S> {
    bound: Bound,
    sketch: Sketch,
    /// Everyone whose label the exporter may know: at most `bound.issued`.
    ledger: HashTable<Issued<S>>,
    held: usize,
    withheld: u64,
    /// When the period ends; `None` before the first event.
    review_at: Option<Timestamp>,
    hasher: foldhash::fast::RandomState,
}

#[derive(Debug)]
struct Issued<S> {
    id: TenantId,
    hash: u64,
    /// What its holder's series need; `None` if it holds none any more.
    series: Option<S>,
    silence: Silence,
}

/// For how long nothing was counted under a label, as the exporter's readings see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// Something was counted since the last reading.
    None,
    /// Nothing since this reading, which saw the last change.
    Since(Timestamp),
    /// At the last reading it had lasted for longer than the timeout: that reading removed the series.
    Over,
}

impl<S: Default> Labels<S> {
    pub(crate) fn new(bound: Bound) -> Self {
        Self {
            bound,
            sketch: Sketch::new(bound.held.saturating_mul(SLOTS_A_LABEL)),
            ledger: HashTable::new(),
            held: 0,
            withheld: 0,
            review_at: None,
            hasher: foldhash::fast::RandomState::default(),
        }
    }

    /// The tenant was decided on. Gives its series, if it holds a label now.
    pub(crate) fn decided(&mut self, id: &TenantId, now: Timestamp) -> Option<&mut S> {
        self.review(now);
        if is_other(id) {
            return None;
        }
        let hash = self.hasher.hash_one(id);
        self.sketch.count(hash, id);
        if self.held < self.bound.held {
            self.issue(id, hash);
        }
        self.touch(id, hash)
    }

    /// The tenant's series, if it holds a label.
    pub(crate) fn of(&mut self, id: &TenantId) -> Option<&mut S> {
        let hash = self.hasher.hash_one(id);
        self.touch(id, hash)
    }

    /// The exporter is about to be read. Strikes from the ledger whose series a reading before has removed.
    pub(crate) fn read(&mut self, now: Timestamp) {
        let Some(timeout) = self.bound.idle_timeout else {
            return;
        };
        let timeout = timeout.saturating_mul(TIMED_OUT_AFTER);
        self.ledger.retain(|known| {
            known.silence = match known.silence {
                Silence::None => Silence::Since(now),
                Silence::Since(then) if now.since(then) > timeout => Silence::Over,
                Silence::Since(then) => Silence::Since(then),
                Silence::Over => return false,
            };
            true
        });
        let holders = self.ledger.iter().filter(|known| known.series.is_some());
        self.held = holders.count();
    }

    /// How many tenants hold a label.
    pub(crate) fn held(&self) -> usize {
        self.held
    }

    /// How many tenants' labels the exporter may know.
    pub(crate) fn issued(&self) -> usize {
        self.ledger.len()
    }

    /// How often a tenant was clearly busier than a holder, and got no label because the ledger was full.
    pub(crate) fn withheld(&self) -> u64 {
        self.withheld
    }

    /// Ends the periods that are over, and hands labels on.
    fn review(&mut self, now: Timestamp) {
        let period = std::cmp::max(self.bound.period, Duration::from_nanos(1));
        let Some(due) = self.review_at else {
            self.review_at = Some(now.saturating_add(period));
            return;
        };
        if now < due {
            return;
        }
        self.hand_on();
        let periods = now.since(due).as_nanos() / period.as_nanos() + 1;
        // What was counted is 0 or 1 after 64 halvings.
        for _ in 0..std::cmp::min(periods, 64) {
            self.sketch.halve();
        }
        self.review_at = Some(now.saturating_add(period));
    }

    fn touch(&mut self, id: &TenantId, hash: u64) -> Option<&mut S> {
        let known = self.ledger.find_mut(hash, |known| known.id == *id)?;
        let series = known.series.as_mut()?;
        known.silence = Silence::None;
        Some(series)
    }

    /// Makes the tenant a holder, unless it is one; says whether it is. It is not if it is new and the ledger is full.
    fn issue(&mut self, id: &TenantId, hash: u64) -> bool {
        let room = self.ledger.len() < self.bound.issued;
        let entry = self
            .ledger
            .entry(hash, |known| known.id == *id, |known| known.hash);
        let known = match entry {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) if room => place
                .insert(Issued {
                    id: id.clone(),
                    hash,
                    series: None,
                    silence: Silence::None,
                })
                .into_mut(),
            Entry::Vacant(_) => return false,
        };
        if known.series.is_none() {
            known.series = Some(S::default());
            self.held = self.held.saturating_add(1);
        }
        true
    }

    fn withdraw(&mut self, id: &TenantId, hash: u64) {
        let known = self.ledger.find_mut(hash, |known| known.id == *id);
        if known.and_then(|known| known.series.take()).is_some() {
            self.held = self.held.saturating_sub(1);
        }
    }

    /// Gives free places to the busiest without a label, and those of the least busy holders to who is clearly
    /// busier than they.
    fn hand_on(&mut self) {
        let mut holders = self.holders();
        holders.sort_unstable_by(|(a, ..), (b, ..)| b.cmp(a));
        let mut challengers = self.challengers();
        challengers.sort_unstable_by(|(a, ..), (b, ..)| b.cmp(a));
        for (low, hash, id) in challengers {
            let free = self.held < self.bound.held;
            let weakest = holders.last().filter(|_| !free);
            if !free && weakest.is_none_or(|(high, ..)| low <= high.saturating_mul(CLEARLY)) {
                break;
            }
            let issued = self.issue(&id, hash);
            if !issued {
                self.withheld = self.withheld.saturating_add(1);
            } else if !free && let Some((_, hash, id)) = holders.pop() {
                self.withdraw(&id, hash);
            }
        }
    }

    /// Who holds a label, with the most that the sketch says of each.
    fn holders(&self) -> Vec<(u64, u64, TenantId)> {
        let holders = self.ledger.iter().filter(|known| known.series.is_some());
        holders
            .map(|known| {
                let bounds = self.sketch.bounds(known.hash, &known.id);
                (bounds.high, known.hash, known.id.clone())
            })
            .collect()
    }

    /// Who holds none, with the least that the sketch says of each.
    fn challengers(&self) -> Vec<(u64, u64, TenantId)> {
        let holds = |hash: u64, id: &TenantId| {
            let known = self.ledger.find(hash, |known| known.id == *id);
            known.is_some_and(|known| known.series.is_some())
        };
        let others = self.sketch.iter();
        let others = others.filter(|(id, hash, bounds)| bounds.low > 0 && !holds(*hash, id));
        others
            .map(|(id, hash, bounds)| (bounds.low, hash, id.clone()))
            .collect()
    }
}

/// Whether the tenant's id is the word for all tenants without a label: it is always one of them.
fn is_other(id: &TenantId) -> bool {
    id.as_str() == OTHER
}

#[cfg(test)]
mod tests;
