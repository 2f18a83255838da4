//! What does it cost to say afterwards what a request really spent?
//!
//! `cargo bench -p benches --bench settle`. Four limits; each line is a decision and what follows it.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::time::Duration;

use benches::{Contender, PLENTY, compare, tenant};
use tollgate::{Clock, Cost, Tenant};

fn main() {
    let cost = Cost::request().and_tokens(500);
    let (less, same, more) = (Cost::tokens(420), Cost::tokens(500), Cost::tokens(600));
    let tenants: Vec<Tenant> = (0..5).map(|_| tenant(PLENTY, Clock::coarse())).collect();
    let [kept, lighter, equal, heavier, refunded] = tenants.as_slice() else {
        return;
    };
    let permit = |tenant| Tenant::try_acquire(tenant, &cost).into_result().unwrap();
    compare(
        "a decision, and then",
        Duration::from_millis(5),
        Duration::from_secs(5),
        vec![
            Contender::each("nothing: the permit is dropped", || drop(permit(kept))),
            Contender::each("settled at less", || drop(permit(lighter).settle(&less))),
            Contender::each("settled at the estimate", || {
                drop(permit(equal).settle(&same));
            }),
            Contender::each("settled at more", || drop(permit(heavier).settle(&more))),
            Contender::each("refunded", || drop(permit(refunded).refund())),
        ],
    );
}
