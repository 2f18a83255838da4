//! A fleet with bad luck: clocks that drift, calls that are slow or lost, a store that forgets, configs that come and go; and an
//! audit of what was admitted, by the store's clock, over every window.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tollgate::cluster::{Book, Call, Calling};
use tollgate::{MatchConfig, OriginError, Period, Scope};

use super::*;

/// Numbers that look drawn, the same for a seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.throw(sides) == 0
    }
}

const STEP: u64 = 5;

/// A store that is far away.
#[derive(Clone)]
struct Far {
    book: Arc<Mutex<Book>>,
    clock: ManualClock,
    dice: Arc<Mutex<Dice>>,
}

impl SharedOrigin for Far {
    fn call<'o>(&'o self, calls: &'o [Call]) -> Calling<'o> {
        let throw = |sides| self.dice.lock().unwrap().throw(sides);
        let (there, back) = (throw(30), throw(30));
        let (lost, unheard) = (throw(30) == 0, throw(30) == 0);
        Box::pin(async move {
            let failed = || {
                let error = OriginError::new("lost");
                calls.iter().map(|_| Err(error.clone())).collect()
            };
            tokio::time::sleep(Duration::from_millis(there)).await;
            if lost {
                return failed();
            }
            let now = self.clock.now().as_nanos() / 1_000;
            let replies = {
                let mut book = self.book.lock().unwrap();
                calls.iter().map(|call| Ok(book.call(now, call))).collect()
            };
            tokio::time::sleep(Duration::from_millis(back)).await;
            if unheard { failed() } else { replies }
        })
    }
}

const CAPACITY: u64 = 60;
/// Of one child, of some requests.
const GPT: u64 = 30;
const WINDOW: Duration = Duration::from_secs(2);

fn limit(kind: u64) -> LimitConfig {
    match kind {
        0 => LimitConfig::sliding("budget", Dimension::Tokens, CAPACITY, WINDOW).sub_windows(5),
        1 => LimitConfig::bucket("budget", Dimension::Tokens, CAPACITY, WINDOW, 40),
        _ => LimitConfig::calendar("budget", Dimension::Tokens, CAPACITY, Period::Minute),
    }
}

/// What was admitted, in order.
#[derive(Clone, Copy)]
struct Admitted {
    /// By the store's nanoseconds.
    at: u64,
    tokens: u64,
    /// Whether it was charged to the child's limit too.
    gpt: bool,
}

fn audit(log: &[Admitted], kind: u64, capacity: u64, seed: u64) {
    for (first, Admitted { at: from, .. }) in log.iter().enumerate() {
        let mut sum = 0;
        for Admitted { at, tokens, .. } in &log[first..] {
            sum += tokens;
            let passed = at - from;
            let most = match kind {
                0 if passed >= 2_000_000_000 => break,
                0 => capacity,
                1 => 40 + passed * capacity / 2_000_000_000,
                _ if at / 60_000_000_000 != from / 60_000_000_000 => break,
                _ => capacity,
            };
            assert!(
                sum <= most,
                "seed {seed}: {sum} of {most} in {passed} ns from {from}"
            );
        }
    }
}

struct Member {
    node: Node,
    clock: ManualClock,
    /// Nanoseconds a step.
    pace: u64,
    tenants: Vec<Tenant>,
    permits: VecDeque<(usize, u64, Permit<'static>)>,
}

fn config(limit: LimitConfig, family: bool) -> Vec<TenantConfig> {
    let top = acme(limit);
    if !family {
        return vec![top];
    }
    let own = LimitConfig::sliding("own", Dimension::Tokens, 50, WINDOW).shared(false);
    let mut matches = MatchConfig::default();
    matches.models.push("gpt*".to_owned());
    let gpt = LimitConfig::sliding("gpt", Dimension::Tokens, GPT, WINDOW).only_for(matches);
    let child = |name| TenantConfig::new(id(name)).parent(id("acme"));
    vec![
        top,
        child("acme-dev").limit(own),
        child("acme-ops").limit(gpt.sub_windows(5)),
    ]
}

async fn member(dice: &mut Dice, store: &Far, kind: u64, family: bool) -> Member {
    let clock = ManualClock::at(store.clock.now());
    // Hours ahead: the calendar is the store's.
    clock.advance(Duration::from_millis(dice.throw(20_000_000)));
    let configs = config(limit(kind), family);
    let node = Node::start(store.clone(), configs[0].clone(), &clock);
    let mut tenants = vec![node.acme().await];
    for config in &configs[1..] {
        node.source.set(config.clone()).unwrap();
        tenants.push(node.engine.tenant(&config.tenant_id).await.unwrap());
    }
    Member {
        node,
        clock,
        pace: STEP * 1_000_000 - STEP * 150 + dice.throw(STEP * 300),
        tenants,
        permits: VecDeque::new(),
    }
}

async fn run(seed: u64, steps: u64) -> u64 {
    let mut dice = Dice(seed);
    let kind = dice.throw(3);
    let family = dice.one_in(2);
    let (changes, losses) = (dice.one_in(2), dice.one_in(2));
    // What a node had that is gone is in the store alone, for a window.
    let crashes = !losses && dice.one_in(2);
    let clock = ManualClock::new();
    clock.advance(Duration::from_millis(dice.throw(100_000)));
    let store = Far {
        book: Arc::new(Mutex::new(Book::unwritten(1))),
        clock: clock.clone(),
        dice: Arc::new(Mutex::new(Dice(seed.wrapping_add(1 << 32)))),
    };
    let mut members = Vec::new();
    for _ in 0..3 {
        members.push(member(&mut dice, &store, kind, family).await);
    }
    let mut log: Vec<Admitted> = Vec::new();
    let (mut run, mut quiet) = (1, 0_u64);
    for step in 0..steps {
        clock.advance(Duration::from_millis(STEP));
        for member in &members {
            member.clock.advance(Duration::from_nanos(member.pace));
        }
        tokio::time::sleep(Duration::from_millis(STEP)).await;
        for member in &mut members {
            for _ in 0..dice.throw(4) {
                let who = dice.throw(member.tenants.len() as u64) as usize;
                let tokens = 1 + dice.throw(6);
                let gpt = who == 2 && dice.one_in(2);
                let scope = Scope {
                    model: gpt.then_some("gpt-4"),
                    ..Scope::default()
                };
                let decision = member.tenants[who].try_acquire_in(&scope, &Cost::tokens(tokens));
                if let Decision::Admitted(permit) = decision.into_owned() {
                    let at = clock.now().as_nanos();
                    log.push(Admitted { at, tokens, gpt });
                    if dice.one_in(4) {
                        let place = log.len() - 1;
                        member.permits.push_back((place, tokens, permit));
                    }
                }
            }
            if dice.one_in(20)
                && let Some((place, tokens, permit)) = member.permits.pop_front()
            {
                let less = dice.throw(tokens + 1);
                drop(permit.settle(&Cost::tokens(less)));
                log[place].tokens = less;
            }
            if dice.one_in(100) {
                member.node.engine.sweep(10);
            }
            if changes && dice.one_in(150) {
                let other = match dice.throw(6) {
                    0 => Some(acme(hourly())),
                    // What a node and the store have both forgotten nobody knows.
                    1 if !losses => Some(TenantConfig::new(id("acme"))),
                    2 => Some(acme(limit(kind).shared(false))),
                    3 => Some(acme(limit((kind + 1) % 3))),
                    4 => Some(acme(limit(kind)).status(tollgate::Status::Suspended)),
                    _ => None,
                };
                match other {
                    Some(other) => drop(member.node.source.set(other)),
                    None => drop(member.node.source.remove(&id("acme"))),
                }
                if dice.one_in(2) {
                    let _denied = member.tenants[0].try_acquire(&Cost::tokens(CAPACITY + 1));
                }
                member.node.source.set(acme(limit(kind))).unwrap();
            }
        }
        quiet = quiet.saturating_sub(1);
        if losses && quiet == 0 && dice.one_in(300) {
            run += 1;
            store.book.lock().unwrap().lose_everything(run);
            // One misfortune at a time.
            quiet = 3_000 / STEP;
        }
        if crashes && quiet == 0 && dice.one_in(300) {
            let gone = dice.throw(3) as usize;
            let new = member(&mut dice, &store, kind, family).await;
            let old = std::mem::replace(&mut members[gone], new);
            drop(old);
            quiet = 3_000 / STEP;
        }
        if step % 1_000 == 999 {
            tokio::task::yield_now().await;
        }
    }
    audit(&log, kind, CAPACITY, seed);
    let all = log.iter().map(|one| one.tokens).sum();
    log.retain(|one| one.gpt);
    audit(&log, 0, GPT, seed);
    all
}

fn hourly() -> LimitConfig {
    LimitConfig::sliding(
        "budget",
        Dimension::Tokens,
        CAPACITY,
        Duration::from_hours(1),
    )
}

#[tokio::test(start_paused = true)]
async fn a_fleet_with_bad_luck_never_admits_too_much() {
    // More, and others, by hand.
    let number = |name, or| std::env::var(name).map_or(or, |number| number.parse().unwrap());
    let first = number("FLEET_FIRST", 0);
    for seed in first..first + number("FLEET_SEEDS", 60) {
        assert!(run(seed, 2_500).await > 0, "seed {seed}");
    }
}
