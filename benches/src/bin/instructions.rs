//! Takes one path through a decision so many times, for `benches/instructions` to count its instructions.
//!
//! `instructions PATH TIMES`. The clock stands still (rustix can't read the system's under valgrind: it finds no
//! vDSO there) and everything is sized before, so that the count depends on the code and the compiler alone.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;

use benches::{PLENTY, four_limits, id, limits};
use tollgate::{Clock, Cost, Dimension, LimitConfig, ManualClock, Tenant, TenantConfig};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap();
    let times: u32 = arguments.next().unwrap().parse().unwrap();
    let mut step = path_named(&path);
    for _ in 0..times {
        step();
    }
}

type Step = Box<dyn FnMut()>;

fn path_named(path: &str) -> Step {
    let clock = ManualClock::new();
    let standing = |config: &TenantConfig| Tenant::new(config, Clock::manual(&clock)).unwrap();
    let plenty = four_limits(id(0), PLENTY);
    match path {
        "admitted" => admitting(standing(&plenty)),
        "admitted-16-limits" => admitting(standing(&limits(id(0), 16))),
        "denied" => {
            let tenant = standing(&four_limits(id(0), 1));
            let cost = cost();
            Box::new(move || {
                black_box(tenant.try_acquire(black_box(&cost)).is_denied());
            })
        }
        "settled" => {
            let (tenant, cost, actual) = (standing(&plenty), cost(), Cost::tokens(7));
            Box::new(move || {
                let permit = tenant.try_acquire(&cost).into_result().unwrap();
                drop(permit.settle(black_box(&actual)));
            })
        }
        // A dimension of its own goes through the lock each time.
        "locked" => {
            let bytes: Dimension = "bytes".parse().unwrap();
            let limit = LimitConfig::sliding("bytes", bytes.clone(), PLENTY, benches::MINUTE);
            let tenant = standing(&plenty.limit(limit));
            let cost = cost().and(bytes, 10);
            Box::new(move || {
                black_box(tenant.try_acquire(black_box(&cost)).is_admitted());
            })
        }
        // Every decision meets a new sub-window: the lock, and a roll of all meters.
        "rolled" => {
            let (tenant, cost) = (standing(&plenty), cost());
            Box::new(move || {
                clock.advance(benches::MINUTE / 30);
                black_box(tenant.try_acquire(black_box(&cost)).is_admitted());
            })
        }
        "usage" => {
            let tenant = standing(&plenty);
            Box::new(move || {
                black_box(tenant.usage());
            })
        }
        unknown => {
            eprintln!("no path {unknown}");
            std::process::exit(2)
        }
    }
}

fn cost() -> Cost {
    Cost::request().and_tokens(10)
}

fn admitting(tenant: Tenant) -> Step {
    let cost = cost();
    Box::new(move || {
        black_box(tenant.try_acquire(black_box(&cost)).is_admitted());
    })
}
