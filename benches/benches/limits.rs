//! Does a decision take longer the more limits stand behind it?
//!
//! `cargo bench -p benches --bench limits`. It should hardly: one word is leased against all of them.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::black_box;
use std::time::Duration;

use benches::{Contender, compare, id, limits};
use tollgate::{Clock, Cost, Tenant};

fn main() {
    let cost = Cost::request().and_tokens(10);
    let tenants: Vec<(u32, Tenant)> = [1, 2, 4, 8, 16]
        .into_iter()
        .map(|many| {
            (
                many,
                Tenant::new(&limits(id(0), many), Clock::coarse()).unwrap(),
            )
        })
        .collect();
    let contenders = tenants.iter().map(|(many, tenant)| {
        let cost = &cost;
        Contender::each(&format!("{many}"), move || {
            tenant.try_acquire(black_box(cost)).is_admitted()
        })
    });
    compare(
        "limits, admitted by handle",
        Duration::from_millis(5),
        Duration::from_secs(5),
        contenders.collect(),
    );
}
