//! Limits that are only for some requests, and limits that only watch.
//!
//! Each limit has a twin of its own: a tenant with that limit alone, which is asked when the limit is
//! for the request. What the whole decides must be what the twins say together.

use proptest::prelude::*;
use tollgate::{
    Clock, Cost, Dimension, Enforcement, LimitConfig, ManualClock, MatchConfig, Permit, Scope,
    Tenant, TenantConfig,
};

use crate::world::{id, nanos, secs};

/// What a request is about.
#[derive(Debug, Clone, Copy)]
enum About {
    Nothing,
    Gpt4,
    Other,
}

impl About {
    fn scope(self) -> Scope<'static> {
        let model = match self {
            Self::Nothing => None,
            Self::Gpt4 => Some("gpt-4o"),
            Self::Other => Some("other"),
        };
        Scope {
            model,
            ..Scope::default()
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Ask(About, u64, u64),
    Advance(u64),
    /// Settles the oldest permit at so many tokens.
    Settle(u64),
    /// Puts the same limits in force in another order.
    Swap,
}

fn op() -> impl Strategy<Value = Op> {
    let about = prop_oneof![Just(About::Nothing), Just(About::Gpt4), Just(About::Other)];
    prop_oneof![
        6 => (about, 0..3_u64, 0..12_u64).prop_map(|(about, r, t)| Op::Ask(about, r, t)),
        2 => (0..40_u64).prop_map(|tenths| Op::Advance(tenths * 100_000_000)),
        1 => (0..20_u64).prop_map(Op::Settle),
        1 => Just(Op::Swap),
    ]
}

fn only_gpt4() -> MatchConfig {
    let mut matches = MatchConfig::default();
    matches.models.push("gpt-4*".to_owned());
    matches
}

/// No bucket: what one gives back depends on when it was looked at, and the twins are looked at less.
fn limits(capacity: u64) -> Vec<LimitConfig> {
    let window = |name, dimension, capacity| {
        LimitConfig::sliding(name, dimension, capacity, secs(6)).sub_windows(6)
    };
    vec![
        window("all", Dimension::Requests, capacity),
        window("all-tokens", Dimension::Tokens, 5 * capacity),
        window("gpt4", Dimension::Tokens, 2 * capacity).only_for(only_gpt4()),
        window("watch", Dimension::Requests, capacity / 2 + 1).shadow(),
        window("watch-gpt4", Dimension::Tokens, capacity)
            .only_for(only_gpt4())
            .shadow(),
        LimitConfig::concurrency("slots", Dimension::Requests, capacity).only_for(only_gpt4()),
    ]
}

fn tenant(limits: &[LimitConfig], clock: &ManualClock) -> Tenant {
    Tenant::new(&config(limits), Clock::manual(clock)).unwrap()
}

fn config(limits: &[LimitConfig]) -> TenantConfig {
    limits
        .iter()
        .cloned()
        .fold(TenantConfig::new(id("acme")), TenantConfig::limit)
}

/// A limit and its twin, which is for all requests and denies.
struct Twin {
    limit: LimitConfig,
    tenant: Tenant,
}

impl Twin {
    fn new(limit: &LimitConfig, clock: &ManualClock) -> Self {
        let mut alone = limit.clone();
        alone.matches = None;
        alone.enforcement = Enforcement::Enforce;
        Self {
            limit: limit.clone(),
            tenant: tenant(&[alone], clock),
        }
    }

    fn is_for(&self, about: About) -> bool {
        self.limit.matches.is_none() || matches!(about, About::Gpt4)
    }

    fn watches(&self) -> bool {
        self.limit.enforcement == Enforcement::Shadow
    }

    fn has_room(&self, cost: &Cost) -> bool {
        let usage = self.tenant.usage();
        usage.get(&self.limit.name).unwrap().remaining >= cost.get(&self.limit.dimension)
    }
}

/// A permit of the whole, and those of the twins that charged it.
struct Held<'t> {
    whole: Permit<'t>,
    twins: Vec<Permit<'static>>,
}

fn ask<'t>(whole: &'t Tenant, twins: &[Twin], about: About, cost: &Cost) -> Option<Held<'t>> {
    let mine: Vec<_> = twins.iter().filter(|twin| twin.is_for(about)).collect();
    let admitted = mine
        .iter()
        .all(|twin| twin.watches() || twin.has_room(cost));
    let decision = whole.try_acquire_in(&about.scope(), cost);
    assert_eq!(decision.is_admitted(), admitted, "{about:?} {cost}");
    let permit = decision.into_result().ok()?;
    let (mut charged, mut watched) = (Vec::new(), Vec::new());
    for twin in mine {
        match twin.tenant.try_acquire(cost).into_result() {
            Ok(permit) => charged.push(permit.into_owned()),
            Err(_) => watched.push(twin.limit.name.clone()),
        }
    }
    let told = permit.shadow_denials(&about.scope());
    let mut told: Vec<_> = told.iter().map(ToString::to_string).collect();
    told.sort_unstable();
    watched.sort_unstable();
    assert_eq!(told, watched);
    Some(Held {
        whole: permit,
        twins: charged,
    })
}

fn settle(held: Held<'_>, actual: &Cost) {
    drop(held.whole.settle(actual));
    for permit in held.twins {
        drop(permit.settle(actual));
    }
}

fn compare(whole: &Tenant, twins: &[Twin]) {
    let usage = whole.usage();
    for twin in twins {
        let name = &twin.limit.name;
        let (of_twin, of_whole) = (twin.tenant.usage(), usage.get(name).unwrap());
        assert_eq!(of_whole.used, of_twin.get(name).unwrap().used, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_request_is_charged_to_the_limits_that_are_for_it_and_to_no_other(
        capacity in 1..12_u64,
        history in proptest::collection::vec(op(), 1..80),
    ) {
        let clock = ManualClock::new();
        let mut limits = limits(capacity);
        let whole = tenant(&limits, &clock);
        let twins: Vec<_> = limits.iter().map(|limit| Twin::new(limit, &clock)).collect();
        let mut held = std::collections::VecDeque::new();
        for op in history {
            match op {
                Op::Ask(about, requests, tokens) => {
                    let cost = Cost::requests(requests).and_tokens(tokens);
                    held.extend(ask(&whole, &twins, about, &cost));
                }
                Op::Advance(by) => clock.advance(nanos(by)),
                Op::Settle(tokens) => {
                    if let Some(held) = held.pop_front() {
                        settle(held, &Cost::tokens(tokens));
                    }
                }
                Op::Swap => {
                    limits.rotate_left(1);
                    whole.reconfigure(&config(&limits)).unwrap();
                }
            }
            compare(&whole, &twins);
        }
    }
}

#[test]
fn a_shadow_limit_denies_nothing_and_is_not_among_what_is_left() {
    let clock = ManualClock::new();
    let watch = LimitConfig::sliding("watch", Dimension::Requests, 1, secs(60)).shadow();
    let tenant = tenant(&[watch], &clock);
    for request in 0..1_000 {
        let permit = tenant.try_acquire(&Cost::request()).into_result().unwrap();
        let told = permit.shadow_denials(&Scope::default());
        assert_eq!(told.len(), usize::from(request > 0), "{request}");
    }
    let usage = tenant.usage();
    assert_eq!(
        usage.get("watch").unwrap().used,
        1,
        "what it would have denied is not charged"
    );
    assert_eq!(usage.remaining(&Dimension::Requests), None);
    assert_eq!(usage.for_scope(&Scope::default()).iter().count(), 0);
}

#[test]
fn a_limit_that_becomes_a_shadow_keeps_its_usage_and_back() {
    let clock = ManualClock::new();
    let limit = LimitConfig::sliding("a", Dimension::Requests, 2, secs(60));
    let tenant = tenant(std::slice::from_ref(&limit), &clock);
    drop(
        tenant
            .try_acquire(&Cost::requests(2))
            .into_result()
            .unwrap(),
    );
    tenant
        .reconfigure(&config(&[limit.clone().shadow()]))
        .unwrap();
    assert!(tenant.try_acquire(&Cost::request()).is_admitted());
    tenant.reconfigure(&config(&[limit])).unwrap();
    assert!(tenant.try_acquire(&Cost::request()).is_denied());
}

#[test]
fn the_usage_of_a_limit_for_some_requests_is_of_now_while_others_have_a_lease() {
    let clock = ManualClock::new();
    let gpt4 = LimitConfig::sliding("gpt4", Dimension::Requests, 10, secs(10));
    let tenant = tenant(&[gpt4.only_for(only_gpt4())], &clock);
    let scope = Scope {
        model: Some("gpt-4o"),
        ..Scope::default()
    };
    drop(tenant.try_acquire_in(&scope, &Cost::request()));
    clock.advance(secs(60));
    assert_eq!(tenant.usage().get("gpt4").unwrap().used, 0);
}
