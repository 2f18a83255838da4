//! One run: nodes, a store and a network between them, in the order of true time.

mod agenda;
mod breaking;
mod clock;
mod network;
mod node;
mod store;

use tollgate::{TenantId, Timestamp};

use self::agenda::{Agenda, Bill, Event, Sender};
use self::clock::LocalClock;
use self::network::{Network, Way};
use self::node::{Node, Verdict};
use self::store::{Heard, Store};
use super::audit::{Auditor, Settlement, Violation};
use super::scenario::{Kind, MILLI, PATIENCE, Rule, Scenario};
use super::tally::{Tally, Used};
use crate::rng::Rng;

/// A place for a node, which may be empty for a while.
#[derive(Debug)]
struct Place {
    clock: LocalClock,
    node: Option<Node>,
    /// Unlike that of any other node ever.
    life: u64,
    /// Which terms it was told of.
    terms: usize,
    /// It hears nothing until then.
    cut_off: u64,
    /// When it is to be looked after next.
    visit: Option<u64>,
    /// Whether it admitted something since nothing breaks any more.
    revived: bool,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    scenario: Scenario,
    rng: Rng,
    tenant: TenantId,
    agenda: Agenda,
    now: u64,
    places: Vec<Place>,
    lives: u64,
    store: Store,
    network: Network,
    auditor: Auditor,
    tally: Tally,
    /// What was used while things broke.
    broken: Used,
    /// What was used once nothing broke any more.
    calm: Used,
    trace: bool,
}

impl World {
    pub(super) fn new(seed: u64, trace: bool) -> Self {
        let mut rng = Rng::new(seed);
        let scenario = Scenario::new(&mut rng);
        let mut world = Self {
            tenant: TenantId::new("acme").expect("a tenant's id"),
            agenda: Agenda::default(),
            now: 0,
            places: Vec::new(),
            lives: 0,
            store: Store::new(scenario.began),
            network: Network::new(scenario.manners, scenario.calm),
            auditor: Auditor::new(&scenario),
            tally: Tally::default(),
            broken: Used::default(),
            calm: Used::default(),
            trace,
            scenario,
            rng,
        };
        world.tell(|| format!("{:?}", world.scenario));
        for node in 0..world.scenario.nodes {
            world.open(node);
        }
        for fault in world.scenario.faults.clone() {
            world.agenda.put(fault.at, Event::Breaks(fault.what));
        }
        world
    }

    /// A place for a node, and its first request.
    fn open(&mut self, node: usize) {
        let utc = self.scenario.calendar.then_some(self.scenario.began);
        self.places.push(Place {
            clock: LocalClock::new(utc, &mut self.rng),
            node: None,
            life: 0,
            terms: 0,
            cut_off: 0,
            visit: None,
            revived: false,
        });
        self.start(node);
        let first = self.rng.below(1_000_000);
        self.agenda.put(first, Event::Request { node });
    }

    /// A new node takes its place.
    fn start(&mut self, node: usize) {
        self.lives += 1;
        let now = self.local(node);
        let place = &mut self.places[node];
        place.life = self.lives;
        place.visit = None;
        let terms = self.scenario.terms[place.terms].clone();
        place.node = Some(Node::new(self.rng.next(), terms, now));
    }

    fn local(&self, node: usize) -> Timestamp {
        self.places[node].clock.read(self.now)
    }

    /// Until the end, or the first promise that is not kept.
    pub(super) fn run(mut self) -> Result<Tally, Violation> {
        while let Some((at, event)) = self.agenda.next() {
            if at >= self.scenario.end {
                break;
            }
            self.now = at;
            self.happens(event)?;
        }
        self.auditor.finish()?;
        self.tally.intervals = self.auditor.intervals;
        self.is_alive()?;
        Ok(self.tally)
    }

    fn happens(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Request { node } => return self.requested(node),
            Event::Called { from, call } => self.called(from, &call),
            Event::Replied { to, reply } => return self.replied(to, &reply),
            Event::TimedOut { of } => self.timed_out(of),
            Event::Visit { node, life } => {
                let place = &mut self.places[node];
                if place.life == life {
                    place.visit = None;
                    self.tend(node, false);
                }
            }
            Event::Released { node, life, cost } => self.released(node, life, cost),
            Event::Settled(bill) => self.settled(&bill),
            Event::Breaks(what) => self.breaks(what),
            Event::Back { node } => self.start(node),
        }
        Ok(())
    }

    fn requested(&mut self, node: usize) -> Result<(), Violation> {
        let next = self.next_request(node);
        self.agenda.put(next, Event::Request { node });
        let now = self.local(node);
        let Some(here) = self.places[node].node.as_mut() else {
            return Ok(());
        };
        let cost = self.rng.within(1, here.dearest());
        let verdict = here.ask(now, cost);
        self.tally.decisions += 1;
        match verdict {
            Verdict::Admitted => self.admitted(node, cost)?,
            Verdict::Denied => self.tally.denied += 1,
            Verdict::Waits => self.tally.waited += 1,
        }
        self.tend(node, verdict == Verdict::Admitted);
        Ok(())
    }

    /// When somebody asks this node again.
    fn next_request(&mut self, node: usize) -> u64 {
        let load = &self.scenario.load;
        let share = if self.now < self.scenario.calm {
            load.share(node, self.now)
        } else {
            load.triple()
        };
        let rule = self.tightest(node);
        if share == 0 {
            return self.now + rule.length() / 8 + 1;
        }
        let mean = u128::from(rule.dearest + 1) * u128::from(window(&rule)) * 500_000;
        let gap = mean / (u128::from(rule.capacity) * u128::from(share));
        let gap = u64::try_from(gap).unwrap_or(u64::MAX / 4);
        let next = self.now + self.rng.within(gap / 10, 2 * gap) + 1;
        self.near_an_edge(next, &rule).unwrap_or(next)
    }

    /// A time that is not far from this one, and where a row ends or begins.
    fn near_an_edge(&mut self, next: u64, rule: &Rule) -> Option<u64> {
        let wanted = self.scenario.load.at_edges && next < self.scenario.calm;
        let step = rule.step().filter(|_| wanted && !self.rng.once_in(4))?;
        let began = self.scenario.began;
        let edge = ((began + next) / step * step).saturating_sub(began);
        let near = (edge + self.rng.below(30 * MILLI)).saturating_sub(15 * MILLI);
        Some(std::cmp::max(near, self.now + 1))
    }

    /// The limit that allows least, in the terms that the node was told of.
    fn tightest(&self, node: usize) -> Rule {
        let terms = &self.scenario.terms[self.places[node].terms];
        let rate = |rule: &&Rule| {
            u128::from(rule.capacity) * 1_000_000_000_000 / u128::from(window(rule).max(1))
        };
        *terms.rules.iter().min_by_key(rate).expect("a limit")
    }

    fn admitted(&mut self, node: usize, cost: u64) -> Result<(), Violation> {
        self.tally.admitted += 1;
        self.count_use(node, cost);
        self.tell(|| format!("node {node} admits {cost}"));
        let life = self.places[node].life;
        let terms = self.places[node].terms;
        let number = self.auditor.admitted(self.now, life, terms, cost)?;
        if let Some(held) = self.scenario.held() {
            let until = self.now + self.rng.below(2 * held + 1);
            self.agenda.put(until, Event::Released { node, life, cost });
        }
        let settled = self.scenario.settled;
        if self.rng.below(1_000) < settled {
            let bill = Bill {
                node,
                life,
                local: self.local(node),
                number,
                reserved: cost,
                actual: self.rng.below(2 * cost + 1),
            };
            let length = self.tightest(node).length();
            let longest = self.rng.pick(&[length / 20, length, 2 * length]);
            let at = self.now + self.rng.below(longest + 1);
            self.agenda.put(at, Event::Settled(bill));
        }
        Ok(())
    }

    fn count_use(&mut self, node: usize, cost: u64) {
        let place = &mut self.places[node];
        place.revived |= self.now >= self.scenario.calm;
        if self.now < self.scenario.calm {
            self.broken.used += cost;
        } else if self.now >= self.scenario.measured {
            self.calm.used += cost;
        }
    }

    fn released(&mut self, node: usize, life: u64, cost: u64) {
        let now = self.local(node);
        let place = &mut self.places[node];
        if let Some(here) = place.node.as_mut().filter(|_| place.life == life) {
            here.release(now, cost);
            self.auditor.released(life, cost);
            self.tend(node, false);
        }
    }

    fn settled(&mut self, bill: &Bill) {
        let now = self.local(bill.node);
        let place = &mut self.places[bill.node];
        let Some(here) = place.node.as_mut().filter(|_| place.life == bill.life) else {
            return;
        };
        if here.is_leaving() {
            return;
        }
        here.settle(now, bill.local, bill.reserved, bill.actual);
        self.auditor.settled(&Settlement {
            admission: bill.number,
            life: bill.life,
            at: self.now,
            reserved: bill.reserved,
            actual: bill.actual,
        });
        self.tally.settled += 1;
        self.tell(|| format!("settles {bill:?}"));
        self.tend(bill.node, false);
    }

    /// Makes the node call if it has to; else it is looked after again when it may have to.
    fn tend(&mut self, node: usize, spent: bool) {
        let now = self.local(node);
        let place = &mut self.places[node];
        let Some(here) = place.node.as_mut() else {
            return;
        };
        if here.wants_to_call(now, spent) {
            let (number, call) = here.call(&self.tenant, now);
            let sender = Sender {
                node,
                life: place.life,
                number,
                sent: now,
                at: self.now,
                terms: place.terms,
            };
            self.tally.calls += 1;
            self.send(sender, call);
        } else if let Some(due) = here.next_visit() {
            let at = std::cmp::max(place.clock.when(due), self.now + 1);
            if place.visit.is_none_or(|visit| at < visit) {
                place.visit = Some(at);
                let life = place.life;
                self.agenda.put(at, Event::Visit { node, life });
            }
        }
    }

    fn send(&mut self, from: Sender, call: tollgate::cluster::Call) {
        self.tell(|| format!("node {} calls: {call:?}", from.node));
        let patience = self.now + PATIENCE;
        self.agenda.put(patience, Event::TimedOut { of: from });
        if self.is_cut_off(from.node) {
            return;
        }
        let mut copies = self
            .network
            .carry(self.now, from.node, Way::ToStore, &mut self.rng);
        if let Some(at) = copies.again.take() {
            let call = call.clone();
            self.agenda.put(at, Event::Called { from, call });
        }
        if let Some(at) = copies.first {
            self.agenda.put(at, Event::Called { from, call });
        }
    }

    fn is_cut_off(&self, node: usize) -> bool {
        self.now < self.places[node].cut_off
    }

    fn called(&mut self, from: Sender, call: &tollgate::cluster::Call) {
        if self.is_cut_off(from.node) {
            return;
        }
        let reply = match self.store.hear(self.now, call) {
            Heard::Answered(reply) => reply,
            Heard::Later(at) => {
                let call = call.clone();
                return self.agenda.put(at, Event::Called { from, call });
            }
            Heard::Lost => return,
        };
        self.auditor
            .called(self.now, from.life, from.at, from.terms);
        self.tell(|| format!("store answers node {}: {reply:?}", from.node));
        let copies = self
            .network
            .carry(self.now, from.node, Way::ToNode, &mut self.rng);
        for at in [copies.first, copies.again].into_iter().flatten() {
            let reply = reply.clone();
            self.agenda.put(at, Event::Replied { to: from, reply });
        }
    }

    fn replied(&mut self, to: Sender, reply: &tollgate::cluster::Reply) -> Result<(), Violation> {
        let now = self.local(to.node);
        if self.is_cut_off(to.node) {
            return Ok(());
        }
        let place = &mut self.places[to.node];
        let Some(here) = place.node.as_mut().filter(|_| place.life == to.life) else {
            return Ok(());
        };
        if !here.awaits(to.number) && !self.scenario.late_replies {
            return Ok(());
        }
        self.tally.late_replies += u64::from(!here.awaits(to.number));
        here.answered(&to, now, reply);
        let looked = here.look_again(now);
        let gone = here.has_left(to.number);
        let mut spent = false;
        for (cost, admitted) in looked {
            if admitted {
                spent = true;
                self.admitted(to.node, cost)?;
            } else {
                self.tally.denied += 1;
            }
        }
        if gone {
            self.places[to.node].node = None;
        }
        self.tend(to.node, spent);
        Ok(())
    }

    fn timed_out(&mut self, of: Sender) {
        let place = &mut self.places[of.node];
        let Some(here) = place.node.as_mut().filter(|_| place.life == of.life) else {
            return;
        };
        if here.awaits(of.number) {
            here.unanswered();
            let denied = here.give_up();
            self.tally.denied += u64::try_from(denied).unwrap_or(0);
            self.tally.timeouts += 1;
            self.tend(of.node, false);
        }
    }

    /// Every node was granted something again, and of what there is enough was used.
    fn is_alive(&mut self) -> Result<(), Violation> {
        let scenario = &self.scenario;
        let rule = self.tightest(0);
        let there_is = |time: u64, each: u64| {
            let amount = u128::from(rule.capacity) * u128::from(time) / u128::from(each);
            u64::try_from(amount).unwrap_or(u64::MAX)
        };
        self.broken.there_was = there_is(scenario.calm, window(&rule));
        self.tally.broken[scenario.load.pattern.place()].add(self.broken);
        if !scenario.is_roomy() {
            return Ok(());
        }
        let violation = |what| Violation {
            at: scenario.end,
            what,
        };
        // Slots that are busy are not shared anew: who comes late may find none.
        let holds = scenario.held().is_some();
        let starved = self.places.iter().position(|place| !place.revived);
        if let Some(node) = starved.filter(|_| !holds) {
            return Err(violation(format!(
                "node {node} is granted nothing any more"
            )));
        }
        if !scenario.is_spacious() {
            return Ok(());
        }
        let measured = scenario.end - scenario.measured;
        self.calm.there_was = there_is(measured, window(&rule));
        self.tally.calm.add(self.calm);
        let Used { used, there_was } = self.calm;
        // What is granted of a row may be spent in any part of it: at the edges of the measured time it may be missing.
        let within = measured - rule.step().unwrap_or(0);
        let enough = there_is(within, rule.round()) * expected(&rule) / 100;
        if used < enough {
            let what = format!(
                "only {used} used of {there_was}, not {enough}: {rule:?}, {} nodes, {:?}",
                self.places.len(),
                self.scenario.manners
            );
            return Err(violation(what));
        }
        self.tally.alive += 1;
        Ok(())
    }

    fn tell(&self, what: impl FnOnce() -> String) {
        if self.trace {
            eprintln!("{:>15} {}", self.now, what());
        }
    }
}

/// The time in which there is the capacity once.
fn window(rule: &Rule) -> u64 {
    match rule.kind {
        Kind::Sliding { window, .. } | Kind::Bucket { window, .. } => window,
        Kind::Minute => rule.length(),
        Kind::Slots { held } => held,
    }
}

/// How much of what there is must be used at three times the load, in percent.
fn expected(rule: &Rule) -> u64 {
    match rule.kind {
        Kind::Sliding { .. } | Kind::Minute => 90,
        // A few seconds of a bucket end in the middle of a row.
        Kind::Bucket { .. } => 80,
        // What ends on one node is free on another only once it has been told.
        Kind::Slots { .. } => 85,
    }
}
