//! What holds of slots however holders lose the store: never more are newly taken than there are.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::cluster::{Ask, Book, Call, Reply};
use crate::dimension::Dimension;

const MILLI: u64 = 1_000_000;
const CAPACITY: u64 = 4;
/// In milliseconds.
const TTL: u64 = 2_000;
const SHAPE: Shape = Shape::Concurrency { ttl: TTL * 1_000 };
const NODES: usize = 2;

#[derive(Debug, Clone, Copy)]
enum Step {
    /// So many milliseconds.
    Pass(u64),
    /// That node calls, and hears the reply.
    Call(usize),
    /// That node calls, and the reply is lost.
    Lose(usize),
    /// A request of that node wants so many slots.
    Charge(usize, u64),
    /// The oldest request of that node ends; or the newest.
    Release(usize, bool),
    /// The store does not answer that node, and its service admits all the same.
    Exceed(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let node = 0..NODES;
    // One of them seldom gets through.
    let caller = prop_oneof![1 => Just(0), 8 => Just(1)];
    prop_oneof![
        6 => (0..400_u64).prop_map(Step::Pass),
        12 => caller.prop_map(Step::Call),
        2 => node.clone().prop_map(Step::Lose),
        12 => (node.clone(), 1..4_u64).prop_map(|(node, slots)| Step::Charge(node, slots)),
        4 => (node.clone(), any::<bool>()).prop_map(|(node, first)| Step::Release(node, first)),
        1 => (node, 1..4_u64).prop_map(|(node, slots)| Step::Exceed(node, slots)),
    ]
}

struct Node {
    share: Share,
    /// When the store heard of it last.
    heard: u64,
    /// The slots of each request that runs, and whether they were granted and the store has known of them ever since.
    running: Vec<(u64, bool)>,
}

struct World {
    now: u64,
    book: Book,
    nodes: Vec<Node>,
}

impl World {
    fn new() -> Self {
        let now = 10_000;
        let node = |_| Node {
            share: Share::new(Timestamp::from_nanos(now * MILLI)),
            heard: 0,
            running: Vec::new(),
        };
        Self {
            now,
            book: Book::unwritten(1),
            nodes: (0..NODES).map(node).collect(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Pass(millis) => self.now += millis,
            Step::Call(node) => {
                let (sent, reply) = self.call(node);
                let share = &mut self.nodes[node].share;
                share.answered(sent, sent, &reply, &reply.answers[0]);
            }
            Step::Lose(node) => {
                self.call(node);
            }
            Step::Charge(node, slots) => self.charge(node, slots),
            Step::Release(node, first) => self.release(node, first),
            Step::Exceed(node, slots) => {
                self.roll(node);
                self.nodes[node].share.charge(slots);
                self.nodes[node].running.push((slots, false));
            }
        }
        for node in &mut self.nodes {
            if self.now - node.heard >= TTL {
                node.running
                    .iter_mut()
                    .for_each(|(_, known)| *known = false);
            }
        }
    }

    fn call(&mut self, number: usize) -> (Timestamp, Reply) {
        self.roll(number);
        let node = &mut self.nodes[number];
        let sent = Timestamp::from_nanos(self.now * MILLI);
        let (rows, want) = node.share.ask(CAPACITY, sent, false);
        node.heard = self.now;
        let call = Call {
            tenant: "acme".parse().unwrap(),
            node: u64::try_from(number).unwrap(),
            heartbeat: Duration::from_millis(400),
            asks: vec![Ask {
                limit: "slots".into(),
                dimension: Dimension::Requests,
                generation: 1,
                shape: SHAPE,
                capacity: CAPACITY,
                rows,
                want,
            }],
        };
        (sent, self.book.call(self.now * 1_000, &call))
    }

    fn roll(&mut self, node: usize) {
        let now = Timestamp::from_nanos(self.now * MILLI);
        self.nodes[node].share.roll(SHAPE, now);
    }

    fn charge(&mut self, node: usize, slots: u64) {
        self.roll(node);
        let node = &mut self.nodes[node];
        if node.share.free() >= slots {
            node.share.charge(slots);
            node.running.push((slots, true));
        } else {
            node.share.need(CAPACITY, slots);
        }
    }

    fn release(&mut self, node: usize, first: bool) {
        self.roll(node);
        let node = &mut self.nodes[node];
        if node.running.is_empty() {
            return;
        }
        let which = if first { 0 } else { node.running.len() - 1 };
        let (slots, _) = node.running.remove(which);
        node.share.release(slots);
    }

    fn audit(&self) {
        let running = self.nodes.iter().flat_map(|node| &node.running);
        let known = running.filter(|(_, known)| *known).map(|(slots, _)| slots);
        let known: u64 = known.sum();
        assert!(known <= CAPACITY, "{known} slots are taken");
    }
}

#[test]
fn who_comes_back_from_a_lapse_does_not_use_its_old_slots_again() {
    let mut world = World::new();
    for step in [Step::Charge(0, 2), Step::Call(0), Step::Charge(0, 2)] {
        world.take(step);
    }
    for _ in 0..6 {
        world.take(Step::Pass(400));
        world.take(Step::Call(1));
    }
    for _ in 0..CAPACITY {
        world.take(Step::Charge(1, 1));
        world.take(Step::Call(1));
        world.take(Step::Charge(1, 1));
    }
    world.take(Step::Call(0));
    world.take(Step::Release(0, true));
    world.take(Step::Charge(0, 1));
    world.audit();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn whoever_loses_the_store_for_a_while_no_more_slots_are_taken_than_there_are(
        steps in prop::collection::vec(step(), 1..200),
    ) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
            world.audit();
        }
    }
}
