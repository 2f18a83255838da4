//! What the benches share: tenants, streams of keys, and a fair comparison. See `benches/`, one question a file.
#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a bench that can't be set up must stop"
)]

mod compare;
mod keys;
mod layer;
mod tenants;

use std::time::Duration;

use criterion::Criterion;

pub use self::compare::{Contender, Measured, Table, compare};
pub use self::keys::{Random, id, name, uniform, zipf};
pub use self::layer::{HEADER, asking, bare, gate};
pub use self::tenants::{
    DAY, Everyone, MINUTE, PLENTY, engine_of, four_limits, limits, load, tenant, two_limits,
};

/// Whether this run measures (`cargo bench`), or only shows that all benches run (`cargo test`).
///
/// Criterion tells the two apart by the same argument.
pub fn measuring() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

/// `size` where this run measures, else so few that nobody waits for them.
pub fn at_most(size: u32) -> u32 {
    if measuring() {
        size
    } else {
        std::cmp::min(size, 1_000)
    }
}

/// Criterion with short times, so that a file takes well under two minutes.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args()
}
