//! What holds of a share whatever becomes of its calls: lost, repeated, late, answered by a store that has lost what it knew.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::cluster::{Answer, Reply, Row};

const MILLI: u64 = 1_000_000;
const CAPACITY: u64 = 1000;
/// Rows of 100 ms, four in a window.
const SHAPE: Shape = Shape::Sliding {
    step: 100_000,
    rows: 4,
};

#[derive(Debug, Clone, Copy)]
enum Step {
    Pass(u64),
    /// The store hears it after so long, and grants so much of what is wanted, in hundredths.
    Ask(u64, u64),
    Leave,
    /// The reply to that call, of those made so far, counted from the last.
    Deliver(usize),
    Charge(u64),
    /// So much more than is free.
    Overcharge(u64),
    Need(u64),
    /// Of that charge, counted from the last.
    Lighten(usize, u64),
    Burden(usize, u64),
    LoseEverything,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..3 * MILLI).prop_map(Step::Pass),
        3 => (0..40 * MILLI).prop_map(Step::Pass),
        1 => (0..800 * MILLI).prop_map(Step::Pass),
        6 => (0..20 * MILLI, 0..=100_u64).prop_map(|(after, part)| Step::Ask(after, part)),
        1 => Just(Step::Leave),
        8 => (0..4_usize).prop_map(Step::Deliver),
        8 => (0..=100_u64).prop_map(Step::Charge),
        1 => (1..20_u64).prop_map(Step::Overcharge),
        4 => (1..60_u64).prop_map(Step::Need),
        4 => (0..8_usize, 0..50_u64).prop_map(|(which, amount)| Step::Lighten(which, amount)),
        1 => (0..8_usize, 0..50_u64).prop_map(|(which, amount)| Step::Burden(which, amount)),
        1 => Just(Step::LoseEverything),
    ]
}

/// A charge as it was.
#[derive(Debug, Clone, Copy)]
struct Charge {
    at: Timestamp,
    epoch: u64,
}

struct World {
    share: Share,
    now: u64,
    /// Of a million nanoseconds of the node the store's clock makes so many.
    pace: u64,
    offset: u64,
    run: u64,
    there: BTreeMap<u64, Row>,
    /// Replies, when their call was made and from when on they can be delivered.
    replies: Vec<(u64, u64, Reply)>,
    charges: Vec<Charge>,
    /// Rows with debts.
    burdened: Vec<u64>,
    granted: BTreeMap<u64, u64>,
    told: BTreeMap<u64, Row>,
}

impl World {
    fn new(drift: u64, offset: u64) -> Self {
        let now = 77 * MILLI;
        Self {
            share: Share::new(Timestamp::from_nanos(now)),
            now,
            pace: 1_000_000 - 150 + drift,
            offset,
            run: 1,
            there: BTreeMap::new(),
            replies: Vec::new(),
            charges: Vec::new(),
            burdened: Vec::new(),
            granted: BTreeMap::new(),
            told: BTreeMap::new(),
        }
    }

    /// What the store's clock really shows, in nanoseconds.
    fn truth(&self, local: u64) -> u64 {
        self.offset + grid_scaled(local, self.pace)
    }

    fn take(&mut self, step: Step) {
        let owed = self.share.owed > 0;
        match step {
            Step::Pass(nanos) => self.now += nanos,
            Step::Ask(after, part) => self.ask(after, part, false),
            Step::Leave => self.ask(0, 0, true),
            Step::Deliver(which) => self.deliver(which),
            Step::Need(amount) => self.share.need(CAPACITY, amount),
            Step::Charge(percent) => {
                self.roll();
                let amount = self.share.free() * percent / 100;
                self.charge(amount);
            }
            Step::Overcharge(amount) => {
                self.roll();
                self.charge(self.share.free() + amount);
                self.burdened
                    .extend(self.charges.last().map(|charge| charge.epoch));
            }
            Step::Lighten(which, amount) => self.lighten(which, amount),
            Step::Burden(which, amount) => {
                if let Some(charge) = self.charge_of(which) {
                    // Its own row, or an older one that is found by its time.
                    self.burdened.extend(self.share.rows.at(charge.at));
                    self.share.burden(charge.at, amount);
                    self.burdened.push(charge.epoch);
                }
            }
            Step::LoseEverything => {
                self.run += 1;
                self.there.clear();
            }
        }
        self.roll();
        if owed && self.share.owed == 0 {
            // The first row has taken it up.
            self.burdened.extend(self.share.rows.newest_begun());
        }
    }

    fn roll(&mut self) {
        self.share.roll(SHAPE, Timestamp::from_nanos(self.now));
        let Some(current) = self.share.current else {
            assert_eq!(self.share.free(), 0);
            return;
        };
        let (start, end) = grid::span_of(SHAPE, current.epoch);
        let until = self.share.steady_until().as_nanos();
        assert!(self.now < until);
        for local in [self.now, until - 1] {
            let truth = self.truth(local);
            let is_in_it = (start..end).contains(&truth);
            assert!(is_in_it, "row {} at {truth}", current.epoch);
        }
    }

    fn charge(&mut self, amount: u64) {
        self.share.charge(amount);
        let at = Timestamp::from_nanos(self.now);
        if let Some(epoch) = self
            .share
            .rows
            .newest_begun()
            .filter(|_| self.share.owed == 0)
        {
            self.charges.push(Charge { at, epoch });
        }
    }

    fn charge_of(&self, which: usize) -> Option<Charge> {
        self.charges.iter().rev().nth(which).copied()
    }

    fn lighten(&mut self, which: usize, amount: u64) {
        let Some(charge) = self.charge_of(which) else {
            return;
        };
        let newer = |share: &Share| {
            let rows = share.rows.iter().filter(|row| row.epoch > charge.epoch);
            rows.map(Held::spent).collect::<Vec<_>>()
        };
        let before = newer(&self.share);
        self.share.lighten(charge.at, amount);
        assert_eq!(newer(&self.share), before, "newer rows are as they were");
    }

    fn ask(&mut self, after: u64, part: u64, leave: bool) {
        let now = Timestamp::from_nanos(self.now);
        let (rows, want) = self.share.ask(CAPACITY, now, leave);
        for row in &rows {
            self.hear_total(row);
        }
        let heard = self.now + after;
        let stood = self.truth(heard) / 1000;
        let mut said: Vec<u64> = rows.iter().map(|row| row.epoch).collect();
        for row in rows {
            let there = self.row_there(row.epoch);
            there.granted = there.granted.max(row.granted);
            there.returned = there.returned.max(row.returned);
        }
        let head = grid::row_at(SHAPE, stood * 1000);
        let epoch = match want.map(|want| want.when) {
            Some(super::super::When::After(row)) if row == head => head + 1,
            _ => head,
        };
        if let Some(want) = want {
            assert!(want.need <= want.most && want.most <= CAPACITY);
            let more = want.need + (want.most - want.need) * part / 100;
            self.row_there(epoch).granted += more;
        }
        said.push(epoch);
        said.dedup();
        let rows = said.iter().map(|row| *self.row_there(*row)).collect();
        let answer = Answer {
            epoch,
            rows,
            free: 1000 - part * 10,
            not_before: if part < 10 { stood + 50_000 } else { 0 },
            generation: 1,
            capacity: CAPACITY,
        };
        let reply = Reply {
            now: stood,
            run: self.run,
            nodes: 1,
            answers: vec![answer],
        };
        self.replies.push((self.now, heard, reply));
    }

    fn row_there(&mut self, epoch: u64) -> &mut Row {
        self.there.entry(epoch).or_insert_with(|| Row {
            epoch,
            ..Row::default()
        })
    }

    /// Totals only grow, and count what is spent.
    fn hear_total(&mut self, row: &Row) {
        let before = self.told.insert(row.epoch, *row).unwrap_or_default();
        assert!(row.granted >= before.granted && row.returned >= before.returned);
        assert!(row.returned <= row.granted);
        let spent = self.share.rows.get(row.epoch).map_or(0, Held::spent);
        assert!(row.granted - row.returned >= spent);
    }

    fn deliver(&mut self, which: usize) {
        let Some((sent, from, reply)) = self.replies.iter().rev().nth(which).cloned() else {
            return;
        };
        self.now = self.now.max(from);
        for row in &reply.answers[0].rows {
            let granted = self.granted.entry(row.epoch).or_default();
            *granted = (*granted).max(row.granted);
        }
        let sent = Timestamp::from_nanos(sent);
        let received = Timestamp::from_nanos(self.now);
        self.share
            .answered(sent, received, &reply, &reply.answers[0]);
    }

    /// What is spent was granted by a reply, and each charge is found again by its time, or an older one is: never a newer.
    fn audit(&self) {
        for row in self.share.rows.iter() {
            let granted = self.granted.get(&row.epoch).copied().unwrap_or(0);
            let is_burdened = self.burdened.contains(&row.epoch);
            assert!(is_burdened || row.spent() <= granted, "{row:?}");
        }
        for charge in &self.charges {
            if self.share.rows.get(charge.epoch).is_some() {
                let found = self.share.rows.at(charge.at);
                assert!(found <= Some(charge.epoch), "{found:?} for {charge:?}");
            }
        }
    }
}

fn grid_scaled(local: u64, pace: u64) -> u64 {
    server_clock::scaled(local, pace, 1_000_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_becomes_of_its_calls_only_grants_are_spent_and_only_in_their_row(
        drift in 0..=300_u64,
        offset in 0..10_000_000_000_u64,
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(drift, offset);
        for step in steps {
            world.take(step);
            world.audit();
        }
    }
}
