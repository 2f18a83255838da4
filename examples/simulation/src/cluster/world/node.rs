//! A node: real shares of all limits, driven as an engine's leaser drives them. One call is out at a time.

use std::collections::VecDeque;
use std::time::Duration;

use tollgate::cluster::{Ask, Call, Reply, Shape, Share, Wait};
use tollgate::{Algorithm, Limit, TenantId, Timestamp};

use super::agenda::Sender;
use crate::cluster::scenario::{HEARTBEAT, Terms};

/// So many requests wait for a reply at most.
const WAITING: usize = 16;

/// One life of a node.
#[derive(Debug)]
pub(super) struct Node {
    /// As the store knows it: another one in each life.
    id: u64,
    shares: Vec<Share>,
    terms: Terms,
    flight: Option<u64>,
    calls: u64,
    waiting: VecDeque<u64>,
    /// It gives all back, and asks for no more.
    leaving: bool,
    /// The number of the call by which it does.
    farewell: Option<u64>,
}

/// What a node said to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted,
    Denied,
    /// Until a reply comes.
    Waits,
}

impl Node {
    pub(super) fn new(id: u64, terms: Terms, now: Timestamp) -> Self {
        let shares = terms.rules.iter().map(|_| Share::new(now)).collect();
        Self {
            id,
            shares,
            terms,
            flight: None,
            calls: 0,
            waiting: VecDeque::new(),
            leaving: false,
            farewell: None,
        }
    }

    pub(super) fn configure(&mut self, terms: &Terms) {
        if terms.generation > self.terms.generation {
            self.terms = terms.clone();
        }
    }

    pub(super) fn dearest(&self) -> u64 {
        self.terms
            .rules
            .iter()
            .map(|rule| rule.dearest)
            .min()
            .unwrap_or(1)
    }

    /// A request of this cost to every limit.
    pub(super) fn ask(&mut self, now: Timestamp, cost: u64) -> Verdict {
        if self.leaving {
            return Verdict::Denied;
        }
        if self.admit(now, cost) {
            return Verdict::Admitted;
        }
        if self.could_be_granted(cost) && self.waiting.len() < WAITING {
            self.waiting.push_back(cost);
            return Verdict::Waits;
        }
        Verdict::Denied
    }

    /// The requests that wait, each looked at once more: what they cost and whether they are admitted.
    pub(super) fn look_again(&mut self, now: Timestamp) -> Vec<(u64, bool)> {
        let waiting = std::mem::take(&mut self.waiting);
        let look = |cost| (cost, !self.leaving && self.admit(now, cost));
        waiting.into_iter().map(look).collect()
    }

    /// Those that wait no longer.
    pub(super) fn give_up(&mut self) -> usize {
        std::mem::take(&mut self.waiting).len()
    }

    fn admit(&mut self, now: Timestamp, cost: u64) -> bool {
        self.roll(now);
        let fits = self.shares.iter().all(|share| share.free() >= cost);
        for (share, rule) in self.shares.iter_mut().zip(&self.terms.rules) {
            if fits {
                share.charge(cost);
            } else if share.free() < cost {
                share.need(rule.capacity, cost);
            }
        }
        fits
    }

    fn could_be_granted(&self, cost: u64) -> bool {
        let mut each = self.shares.iter().zip(&self.terms.rules);
        each.all(|(share, rule)| {
            share.free() >= cost || share.retry(rule.capacity, cost) == Wait::WhenGranted
        })
    }

    fn roll(&mut self, now: Timestamp) {
        for (share, limit) in self.shares.iter_mut().zip(self.terms.plan.limits()) {
            share.roll(shape_of(limit, share.reckoned(now)), now);
        }
    }

    /// A request has ended.
    pub(super) fn release(&mut self, now: Timestamp, cost: u64) {
        self.roll(now);
        for (share, limit) in self.shares.iter_mut().zip(self.terms.plan.limits()) {
            if *limit.algorithm() == Algorithm::Concurrency {
                share.release(cost);
            }
        }
    }

    /// A request admitted at `at` cost less, or more, than was reserved.
    pub(super) fn settle(&mut self, now: Timestamp, at: Timestamp, reserved: u64, actual: u64) {
        self.roll(now);
        for (share, limit) in self.shares.iter_mut().zip(self.terms.plan.limits()) {
            if *limit.algorithm() == Algorithm::Concurrency {
                continue;
            }
            if actual < reserved {
                share.lighten(at, reserved - actual);
            } else {
                share.burden(at, actual - reserved);
            }
        }
    }

    pub(super) fn leave(&mut self) {
        self.leaving = true;
    }

    /// Whether it has to call now. `spent`: a request was admitted just now.
    pub(super) fn wants_to_call(&mut self, now: Timestamp, spent: bool) -> bool {
        if self.flight.is_some() {
            return false;
        }
        self.roll(now);
        let mut each = self.shares.iter().zip(&self.terms.rules);
        let due = self.next_visit().is_some_and(|due| due <= now);
        due || self.leaving
            || each.any(|(share, rule)| {
                let capacity = rule.capacity;
                share.must_ask(capacity, now) || spent && share.may_ask(capacity, now)
            })
    }

    /// When it is to be looked after next, if nothing else happens: once a reply has come, or is late, it is anyway.
    pub(super) fn next_visit(&self) -> Option<Timestamp> {
        if self.flight.is_some() {
            return None;
        }
        let heartbeat = Duration::from_nanos(HEARTBEAT);
        let each = self.shares.iter();
        each.filter_map(|share| share.next_visit(heartbeat)).min()
    }

    /// Its next call, and the number of it.
    pub(super) fn call(&mut self, tenant: &TenantId, now: Timestamp) -> (u64, Call) {
        self.roll(now);
        self.calls += 1;
        self.flight = Some(self.calls);
        if self.leaving {
            self.farewell = Some(self.calls);
        }
        let mut asks = Vec::new();
        let limits = self.terms.plan.limits().iter();
        for (share, limit) in self.shares.iter_mut().zip(limits) {
            let (rows, want) = share.ask(limit.capacity(), now, self.leaving);
            asks.push(Ask {
                limit: limit.name().into(),
                dimension: limit.dimension().clone(),
                generation: self.terms.generation,
                shape: shape_of(limit, share.reckoned(now)),
                capacity: limit.capacity(),
                rows,
                want,
            });
        }
        let call = Call {
            tenant: tenant.clone(),
            node: self.id,
            heartbeat: Duration::from_nanos(HEARTBEAT),
            asks,
        };
        (self.calls, call)
    }

    /// Whether a reply to this call is waited for.
    pub(super) fn awaits(&self, number: u64) -> bool {
        self.flight == Some(number)
    }

    pub(super) fn answered(&mut self, of: &Sender, now: Timestamp, reply: &Reply) {
        if self.awaits(of.number) {
            self.flight = None;
        }
        for (share, answer) in self.shares.iter_mut().zip(&reply.answers) {
            share.answered(of.sent, now, reply, answer);
        }
        self.roll(now);
    }

    /// No reply came to its call in time.
    pub(super) fn unanswered(&mut self) {
        self.flight = None;
    }

    /// Whether the reply to this call was its last.
    pub(super) fn has_left(&self, number: u64) -> bool {
        self.farewell == Some(number)
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }
}

fn shape_of(limit: &Limit, now: Timestamp) -> Shape {
    Shape::of(limit, now).expect("a limit that can be shared")
}
