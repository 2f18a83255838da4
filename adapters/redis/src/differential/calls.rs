//! Calls as several nodes make them, and as no node should.

use std::collections::BTreeMap;
use std::time::Duration;

use tollgate::cluster::{Ask, Call, Reply, Row, Shape, Want, When};
use tollgate::{Dimension, TenantId};

use super::random::Random;

type Place = (TenantId, u64, usize);

/// What a schedule is about.
pub(super) struct World {
    now: u64,
    heartbeat: Duration,
    tenants: Vec<TenantId>,
    nodes: Vec<u64>,
    /// By limit, what each generation says.
    configs: Vec<Vec<(Shape, u64)>>,
    /// The generation that most nodes are at.
    generation: u64,
    /// What each node was told that it has.
    held: BTreeMap<Place, BTreeMap<u64, Row>>,
    /// Of which the node's clock is not always right.
    heads: BTreeMap<Place, u64>,
    earlier: Vec<Call>,
    back: bool,
}

const LIMITS: [(&str, Dimension); 3] = [
    ("api", Dimension::Requests),
    ("api", Dimension::Tokens),
    ("slow/er", Dimension::Tokens),
];

impl World {
    pub(super) fn new(random: &mut Random) -> Self {
        let now = 1_700_000_000_000_000 + random.below(1_000_000_000_000);
        // A clock that steps back lets the one store forget a tenant, because another calls, that the other store keeps.
        let back = random.one_in(3);
        let tenants = ["acme", "globex", "umbrella"].map(|id| id.parse().unwrap());
        let tenants = tenants[..if back { 1 } else { 3 }].to_vec();
        let nodes = (0..random.between(1, 6)).map(|_| random.next()).collect();
        let configs = LIMITS
            .map(|_| (0..4).map(|_| config(random, now)).collect())
            .to_vec();
        let heartbeat = Duration::from_micros(random.pick(&[100_000, 400_000, 700_001]));
        Self {
            now,
            heartbeat,
            tenants,
            nodes,
            configs,
            generation: 1,
            held: BTreeMap::new(),
            heads: BTreeMap::new(),
            earlier: Vec::new(),
            back,
        }
    }

    pub(super) fn next(&mut self, random: &mut Random) -> (u64, Call) {
        self.pass(random);
        let call = match random.below(20) {
            0 if !self.earlier.is_empty() => random.pick(&self.earlier),
            _ => self.call(random),
        };
        if random.one_in(4) {
            self.earlier.push(call.clone());
        }
        (self.now, call)
    }

    fn pass(&mut self, random: &mut Random) {
        let time = match random.below(100) {
            0 => random.below(30_000_000),
            1..4 => random.below(3_000_000),
            4..30 => random.below(300_000),
            30..70 => random.below(30_000),
            _ => random.below(500),
        };
        self.now += time;
        if self.back && random.one_in(50) {
            self.now -= random.below(2_000_000);
        }
        if random.one_in(80) {
            self.generation = random.between(1, 4);
        }
    }

    fn call(&mut self, random: &mut Random) -> Call {
        let tenant = random.pick(&self.tenants);
        let node = random.pick(&self.nodes);
        let first = random.below(3);
        let count = random.between(1, 3);
        let limits = (first..first + count).map(|at| usize::try_from(at % 3).unwrap());
        let asks = limits.map(|limit| self.ask(&tenant, node, limit, random));
        Call {
            asks: asks.collect(),
            tenant,
            node,
            heartbeat: self.heartbeat,
        }
    }

    fn ask(&self, tenant: &TenantId, node: u64, limit: usize, random: &mut Random) -> Ask {
        let generation = if random.one_in(40) {
            random.between(1, 4)
        } else {
            self.generation
        };
        let at = usize::try_from(generation - 1).unwrap();
        let (mut shape, capacity) = self.configs[limit][at];
        if let Shape::Calendar { start, end } = &mut shape {
            // The period that the node's clock stands in.
            let period = *end - *start;
            *start = (self.now + random.below(100)) / period * period;
            *end = *start + period;
        }
        let place = (tenant.clone(), node, limit);
        let head = self.heads.get(&place).copied().unwrap_or_default();
        let (name, dimension) = LIMITS[limit].clone();
        Ask {
            limit: name.into(),
            dimension,
            generation,
            shape,
            capacity,
            rows: self.rows(&place, head, random),
            want: self.want(&place, head, capacity, random),
        }
    }

    fn rows(&self, place: &Place, head: u64, random: &mut Random) -> Vec<Row> {
        let mut rows = Vec::new();
        let held = self.held.get(place).into_iter().flat_map(BTreeMap::values);
        for row in held {
            if !random.one_in(3) {
                continue;
            }
            let (granted, returned) = match random.below(12) {
                0 => (row.granted + random.below(50), row.returned),
                1 => (row.granted / 2, row.returned / 2),
                2 => (row.granted, row.returned + random.below(50)),
                _ => {
                    let spare = row.granted.saturating_sub(row.returned);
                    (row.granted, row.returned + random.below(spare + 1))
                }
            };
            let granted = std::cmp::min(granted, Call::MOST);
            rows.push(Row {
                granted,
                returned,
                ..*row
            });
        }
        if random.one_in(25) {
            let epoch = (head + random.below(8)).saturating_sub(random.below(8));
            let granted = match random.below(6) {
                0 => Call::MOST,
                1 => Call::MOST / 2 + random.below(10),
                _ => random.below(300),
            };
            let returned = random.below(granted / 2 + 1);
            rows.push(Row {
                epoch,
                granted,
                returned,
            });
        }
        rows
    }

    fn want(&self, place: &Place, head: u64, capacity: u64, random: &mut Random) -> Option<Want> {
        if random.one_in(5) {
            return None;
        }
        let when = match random.below(6) {
            0 => When::After(head),
            1 => When::After(head.saturating_sub(1)),
            _ => When::Now,
        };
        let epoch = head + u64::from(when == When::After(head));
        let held = self.held.get(place).and_then(|held| held.get(&epoch));
        let known = match random.below(8) {
            0 => random.below(100),
            1 => 0,
            _ => held.map_or(0, |row| row.granted),
        };
        let most = match random.below(10) {
            0 => 0,
            1 => capacity,
            2 => Call::MOST,
            _ => random.below(capacity / 4 + 2),
        };
        let need = match random.below(8) {
            0 => capacity,
            1..4 => 1,
            4 => random.below(most.saturating_add(2)),
            _ => 0,
        };
        let need = std::cmp::min(need, Call::MOST);
        Some(Want {
            when,
            known,
            need,
            most,
        })
    }

    /// What a node takes from a reply, unless it is lost.
    pub(super) fn learn(&mut self, call: &Call, reply: &Reply, random: &mut Random) {
        if random.one_in(8) {
            return;
        }
        for (ask, answer) in call.asks.iter().zip(&reply.answers) {
            let is_asked =
                |limit: &(&str, Dimension)| (limit.0, &limit.1) == (&*ask.limit, &ask.dimension);
            let limit = LIMITS.iter().position(is_asked).unwrap();
            let place = (call.tenant.clone(), call.node, limit);
            let held = self.held.entry(place.clone()).or_default();
            for row in &answer.rows {
                held.insert(row.epoch, *row);
            }
            while held.len() > 6 {
                held.pop_first();
            }
            let after = matches!(ask.want, Some(Want { when: When::After(row), .. }) if row + 1 == answer.epoch);
            self.heads.insert(place, answer.epoch - u64::from(after));
        }
    }
}

fn config(random: &mut Random, now: u64) -> (Shape, u64) {
    let capacity = match random.below(12) {
        0 => 0,
        1 => 1,
        2 => Call::MOST,
        3 => Call::MOST / 3 + random.below(5),
        4..8 => random.between(2, 50),
        _ => random.between(100, 5_000),
    };
    let shape = match random.below(8) {
        0..4 => Shape::Sliding {
            step: random.pick(&[1_000, 7_919, 50_000, 250_000]),
            rows: random.pick(&[1, 2, 3, 6, 11, 40, 121]),
        },
        4..6 => Shape::Bucket {
            window: random.pick(&[1, 1_000, 99_991, 1_000_000, 60_000_000, 86_400_000_000]),
            level: random.pick(&[1, 10, capacity / 2 + 1, capacity]),
            step: random.pick(&[1_000, 33_333, 500_000]),
        },
        6 => {
            let period = random.pick(&[1_000_000, 60_000_000]);
            let start = now / period * period;
            Shape::Calendar {
                start,
                end: start + period,
            }
        }
        _ => Shape::Concurrency {
            ttl: random.pick(&[200_000, 2_000_000]),
        },
    };
    (shape, capacity)
}
