//! Random plans and random histories, for the properties of the other modules.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate::{
    Clock, Cost, Dimension, LimitConfig, ManualClock, Period, Tenant, TenantConfig, TenantId,
    Timestamp,
};

pub(crate) const SECOND: u64 = 1_000_000_000;

pub(crate) fn id(name: &str) -> TenantId {
    name.parse().unwrap()
}

pub(crate) fn bytes() -> Dimension {
    "bytes".parse().unwrap()
}

pub(crate) fn config(limits: impl IntoIterator<Item = LimitConfig>) -> TenantConfig {
    limits
        .into_iter()
        .fold(TenantConfig::new(id("acme")), TenantConfig::limit)
}

/// A tenant with these limits, and the clock that it runs on.
pub(crate) fn tenant(limits: impl IntoIterator<Item = LimitConfig>) -> (Tenant, ManualClock) {
    let clock = ManualClock::new();
    let tenant = Tenant::new(&config(limits), Clock::manual(&clock)).unwrap();
    (tenant, clock)
}

pub(crate) fn nanos(nanos: u64) -> Duration {
    Duration::from_nanos(nanos)
}

pub(crate) fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// How a limit counts; windows in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Sliding { window: u64, parts: u64 },
    Bucket { window: u64, burst: u64 },
    Minute,
    Hour,
    Slots,
}

/// A limit, for the engine and for the tests' own reckoning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) dimension: Dimension,
    pub(crate) capacity: u64,
    pub(crate) shape: Shape,
}

impl Rule {
    pub(crate) fn config(&self) -> LimitConfig {
        let (name, dimension, capacity) =
            (self.name.clone(), self.dimension.clone(), self.capacity);
        match self.shape {
            Shape::Sliding { window, parts } => {
                LimitConfig::sliding(name, dimension, capacity, nanos(window))
                    .sub_windows(u16::try_from(parts).unwrap())
            }
            Shape::Bucket { window, burst } => {
                LimitConfig::bucket(name, dimension, capacity, nanos(window), burst)
            }
            Shape::Minute => LimitConfig::calendar(name, dimension, capacity, Period::Minute),
            Shape::Hour => LimitConfig::calendar(name, dimension, capacity, Period::Hour),
            Shape::Slots => LimitConfig::concurrency(name, dimension, capacity),
        }
    }

    /// The length of its rows: what random steps of time aim at.
    pub(crate) fn row(&self) -> u64 {
        match self.shape {
            Shape::Sliding { window, parts } => window.div_ceil(parts),
            Shape::Bucket { window, .. } => window.div_ceil(self.capacity),
            Shape::Minute => 60 * SECOND,
            Shape::Hour => 3_600 * SECOND,
            Shape::Slots => 1_000,
        }
    }

    /// The most that one request can cost.
    pub(crate) fn most(&self) -> u64 {
        if let Shape::Bucket { burst, .. } = self.shape {
            burst
        } else {
            self.capacity
        }
    }
}

pub(crate) fn cost_of(requests: u64, tokens: u64, named: u64) -> Cost {
    let mut cost = Cost::none();
    if requests > 0 {
        cost = cost.and_requests(requests);
    }
    if tokens > 0 {
        cost = cost.and_tokens(tokens);
    }
    if named > 0 {
        cost = cost.and(bytes(), named);
    }
    cost
}

pub(crate) fn shape() -> impl Strategy<Value = Shape> {
    let window = prop_oneof![
        3 => 1_000_000_u64..1_002_000,
        2 => 1_000_000_u64..80_000_000,
        1 => Just(60 * SECOND),
        1 => Just(SECOND + 7),
    ];
    let parts = prop_oneof![1_u64..8, Just(30), 1_u64..=120];
    let sliding =
        (window.clone(), parts).prop_map(|(window, parts)| Shape::Sliding { window, parts });
    let burst = prop_oneof![1_u64..20, 1_u64..1_000];
    let bucket = (window, burst).prop_map(|(window, burst)| Shape::Bucket { window, burst });
    prop_oneof![4 => sliding, 3 => bucket, 1 => Just(Shape::Minute), 1 => Just(Shape::Slots)]
}

/// One to four limits of any shape over requests, tokens and bytes.
pub(crate) fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let dimension = prop_oneof![
        4 => Just(Dimension::Requests),
        3 => Just(Dimension::Tokens),
        1 => Just(bytes()),
    ];
    let capacity = prop_oneof![3 => 1_u64..24, 1 => 1_u64..1_000];
    let rule = (dimension, capacity, shape());
    prop::collection::vec(rule, 1..=4).prop_map(|rules| {
        let named = rules.into_iter().enumerate();
        named
            .map(|(at, (dimension, capacity, shape))| Rule {
                name: format!("limit-{at}"),
                dimension,
                capacity,
                shape,
            })
            .collect()
    })
}

/// One thing that happens to a tenant.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    Acquire {
        requests: u64,
        tokens: u64,
        bytes: u64,
    },
    Wait(u64),
    /// To the edge of a row of some limit: `rows` ahead, and a nanosecond before, at or after.
    ToEdge {
        limit: Index,
        rows: u64,
        offset: i64,
    },
    /// To the retry instant of the last denial, or the nanosecond before it.
    ToRetry {
        before: bool,
    },
    Settle {
        permit: Index,
        percent: u64,
    },
    Refund(Index),
    Keep(Index),
    /// The clock jumps back.
    Back(u64),
    Look,
}

fn amount() -> impl Strategy<Value = u64> {
    prop_oneof![2 => Just(0_u64), 6 => 1_u64..6, 2 => 1_u64..30, 1 => 1_u64..1_200]
}

/// A history of up to `most` things; `backwards` says whether the clock may jump back.
pub(crate) fn history(most: usize, backwards: bool) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(op(backwards), 1..most)
}

/// One thing; `backwards` says whether it may be that the clock jumps back.
pub(crate) fn op(backwards: bool) -> impl Strategy<Value = Op> {
    let acquire = (amount(), amount(), prop_oneof![3 => Just(0), 1 => amount()]);
    let acquire = acquire.prop_map(|(requests, tokens, bytes)| Op::Acquire {
        requests,
        tokens,
        bytes,
    });
    let wait = prop_oneof![
        1_u64..2_000,
        1_u64..2_000_000,
        1_u64..100_000_000,
        Just(61 * SECOND)
    ];
    let rows = prop_oneof![4 => 0_u64..3, 2 => 0_u64..130];
    let edge = (any::<Index>(), rows, -1_i64..=1);
    let edge = edge.prop_map(|(limit, rows, offset)| Op::ToEdge {
        limit,
        rows,
        offset,
    });
    let percent = prop_oneof![Just(0_u64), 0_u64..100, Just(100), 100_u64..400];
    let settle = (any::<Index>(), percent);
    let settle = settle.prop_map(|(permit, percent)| Op::Settle { permit, percent });
    prop_oneof![
        14 => acquire,
        2 => wait.prop_map(Op::Wait),
        5 => edge,
        2 => any::<bool>().prop_map(|before| Op::ToRetry { before }),
        2 => settle,
        1 => any::<Index>().prop_map(Op::Refund),
        1 => any::<Index>().prop_map(Op::Keep),
        u32::from(backwards) => (1_u64..50_000_000).prop_map(Op::Back),
        1 => Just(Op::Look),
    ]
}

/// `at` moved to the edge of a row of `rule`.
pub(crate) fn edge(at: Timestamp, rule: &Rule, rows: u64, offset: i64) -> Timestamp {
    let row = rule.row();
    let ahead = (at.as_nanos() / row + 1 + rows).saturating_mul(row);
    let then = ahead.saturating_add_signed(offset);
    Timestamp::from_nanos(std::cmp::max(then, at.as_nanos()))
}
