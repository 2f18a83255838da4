//! Whole numbers to fractions and back, for rates and shares that people read.

use std::time::Duration;

/// The nearest double.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no other way, and nobody reads sixteen digits"
)]
pub(crate) fn double(number: u64) -> f64 {
    number as f64
}

/// The whole part; 0 for what is negative or no number.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, which is what is meant"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

/// `part` of `all`; 0 of nothing.
pub(crate) fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        double(part) / double(all)
    }
}

/// Nanoseconds, in a unit that keeps the number short.
pub(crate) fn short(nanos: u64) -> String {
    let value = double(nanos);
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}

/// Whole nanoseconds.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
