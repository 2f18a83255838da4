//! Everything that can happen to a tenant of an engine, at random: after every step it answers as a plain log
//! of its admissions does.

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate::{Clock, Cost, DenialReason, Engine, InMemorySource, ManualClock, Status, Tenant};

use crate::books::Books;
use crate::drive::Drive;
use crate::world::{Op, Rule, Shape, config, id, op, rules, shape};

#[derive(Debug, Clone)]
enum Act {
    Do(Op),
    /// Asks over and over while the clock stands still.
    Stall(u64),
    Resize(Index, u64),
    Reshape(Index, Shape),
    /// Other limits altogether; those of a name and dimension that are known are kept.
    Replace(Vec<Rule>),
    Suspend,
    Resume,
    Remove,
    /// A sweep, and if the tenant went, a load.
    Evict,
    Reset,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let resize = (any::<Index>(), prop_oneof![1_u64..24, 1_u64..1_000]);
    let reshape = (any::<Index>(), shape());
    let act = prop_oneof![
        32 => op(true).prop_map(Act::Do),
        1 => (1_u64..6).prop_map(Act::Stall),
        2 => resize.prop_map(|(limit, capacity)| Act::Resize(limit, capacity)),
        2 => reshape.prop_map(|(limit, shape)| Act::Reshape(limit, shape)),
        1 => rules().prop_map(Act::Replace),
        1 => Just(Act::Suspend),
        3 => Just(Act::Resume),
        1 => Just(Act::Remove),
        4 => Just(Act::Evict),
        1 => Just(Act::Reset),
    ];
    prop::collection::vec(act, 1..70)
}

/// An engine with one tenant. Families have a machine of their own, in `families/tree.rs`.
struct Machine {
    engine: Engine,
    source: InMemorySource,
    drive: Drive,
    books: Books,
    evictions: usize,
}

impl Machine {
    fn new(rules: &[Rule]) -> Self {
        let (source, clock) = (InMemorySource::new(), ManualClock::new());
        source.set(config(rules.iter().map(Rule::config))).unwrap();
        let builder = Engine::builder().clock(Clock::manual(&clock));
        let engine = builder
            .source(source.clone())
            .build_without_actors()
            .unwrap();
        let tenant = engine.tenant_blocking(&id("acme")).unwrap();
        let books = Books::new(rules, clock.now().as_nanos());
        let drive = Drive::of(tenant, rules, clock);
        let evictions = 0;
        Self {
            engine,
            source,
            drive,
            books,
            evictions,
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Do(op) => self.drive.step(op, &mut self.books),
            &Act::Stall(amount) => {
                for _ in 0..4 {
                    self.drive.acquire(&Cost::requests(amount), &mut self.books);
                }
            }
            Act::Resize(limit, capacity) => {
                let mut rules = self.drive.rules.clone();
                limit.get_mut(&mut rules).capacity = *capacity;
                self.swap(rules);
            }
            Act::Reshape(limit, shape) => {
                let mut rules = self.drive.rules.clone();
                limit.get_mut(&mut rules).shape = *shape;
                self.swap(rules);
            }
            Act::Replace(rules) => self.swap(rules.clone()),
            Act::Suspend => {
                if self.source.suspend(&id("acme")) {
                    self.books.closed = Some(DenialReason::Suspended);
                }
                self.same_limits();
            }
            Act::Resume => {
                if self.source.resume(&id("acme")) {
                    self.books.closed = None;
                }
                self.same_limits();
            }
            Act::Remove => {
                if self.source.remove(&id("acme")) {
                    self.books.closed = Some(DenialReason::Removed);
                }
                self.drive.see();
            }
            Act::Evict => self.evict(),
            Act::Reset => {
                let now = self.drive.see();
                self.drive.tenant.reset();
                self.books.reset(now);
            }
        }
    }

    /// Puts these limits in force; a tenant that was removed is back with what it used.
    fn swap(&mut self, rules: Vec<Rule>) {
        let suspended = self.books.closed == Some(DenialReason::Suspended);
        let status = if suspended {
            Status::Suspended
        } else {
            Status::Active
        };
        if !suspended {
            self.books.closed = None;
        }
        let next = config(rules.iter().map(Rule::config)).status(status);
        self.source.set(next).unwrap();
        let now = self.drive.see();
        self.books.swap(&rules, now);
        self.drive.rules = rules;
    }

    /// A change of status is a new config too, with the limits that there were.
    fn same_limits(&mut self) {
        let now = self.drive.see();
        self.books.swap(&self.drive.rules, now);
    }

    fn evict(&mut self) {
        if self.source.get(&id("acme")).is_none() {
            return; // it could not be loaded again
        }
        let now = self.drive.see();
        let free = self.drive.holds_nothing();
        let (may, must) = self.books.is_idle(now);
        // The last handle is given up for one of a tenant that stands alone.
        let nobody = Tenant::new(&config([]), Clock::manual(&self.drive.clock)).unwrap();
        drop(std::mem::replace(&mut self.drive.tenant, nobody));
        let gone = self.engine.sweep(usize::MAX) == 1;
        assert!(!gone || free && may, "evicted at {now}: {:?}", self.books);
        assert!(gone || !(free && must), "kept at {now}: {:?}", self.books);
        let tenant = self.engine.tenant_blocking(&id("acme")).unwrap();
        if gone {
            self.evictions += 1;
            let (rules, clock) = (&self.drive.rules, self.drive.clock.clone());
            self.books.begin_again(rules, clock.now().as_nanos());
            self.drive = Drive::of(tenant, rules, clock);
        } else {
            self.drive.tenant = tenant;
        }
    }

    fn run(&mut self, acts: &[Act]) {
        for act in acts {
            self.act(act);
            self.drive.step(&Op::Look, &mut self.books);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_a_tenant_it_answers_as_its_log_does(rules in rules(), acts in acts()) {
        Machine::new(&rules).run(&acts);
    }
}

/// The histories are worth something: they meet evictions, and denials whose instants are compared exactly.
#[test]
fn histories_meet_evictions_and_exact_denials() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut evictions, mut denials, mut exact) = (0, 0, 0);
    for _ in 0..300 {
        let rules = rules().new_tree(&mut runner).unwrap().current();
        let acts = acts().new_tree(&mut runner).unwrap().current();
        let mut machine = Machine::new(&rules);
        machine.run(&acts);
        evictions += machine.evictions;
        denials += machine.books.denials;
        exact += machine.books.exact;
    }
    assert!(
        evictions > 20 && exact > 300,
        "{evictions}, {denials}, {exact}"
    );
}
