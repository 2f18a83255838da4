//! How long to wait before the database is asked again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long to wait before the next attempt: twice as long each time, up to 64 ms, and a random part of that, so that
/// those who collided don't meet again.
pub(super) fn pause(attempt: u32) -> Duration {
    let most = 1000_u64 << attempt.min(6);
    Duration::from_micros(RandomState::new().hash_one(attempt) % most)
}
