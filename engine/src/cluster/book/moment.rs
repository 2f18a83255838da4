//! When a call is heard, and by whom: what every rule needs to know of it.

use std::time::Duration;

use crate::cluster::Call;

/// A store that has forgotten listens for so long at least, in microseconds.
const SHORTEST_QUARANTINE: u64 = 1_000_000;

/// See the module's page. Times are the store's microseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) now: u64,
    pub(super) node: u64,
    pub(super) heartbeat: u64,
    /// When the store began to know everything; `None` if there was nothing to know before.
    pub(super) since: Option<u64>,
    /// How long it only listens, if that is not over.
    pub(super) quarantine: Option<u64>,
}

impl Moment {
    pub(super) fn of(now: u64, since: Option<u64>, call: &Call) -> Self {
        let heartbeat = micros(call.heartbeat);
        let length = heartbeat.saturating_mul(2).max(SHORTEST_QUARANTINE);
        let until = since.map(|since| since.saturating_add(length));
        Self {
            now,
            node: call.node,
            heartbeat,
            since,
            quarantine: until.filter(|until| now < *until),
        }
    }

    /// For how long who says nothing counts as there.
    pub(super) fn patience(&self) -> u64 {
        self.heartbeat.saturating_mul(3)
    }

    /// When who was last heard of at this time counts as gone.
    pub(super) fn silent_at(&self, heard: u64) -> u64 {
        heard.saturating_add(self.patience()).saturating_add(1)
    }

    pub(super) fn is_silent(&self, heard: u64) -> bool {
        self.silent_at(heard) <= self.now
    }
}

/// In whole microseconds, rounded up, and a number that stores can count.
fn micros(duration: Duration) -> u64 {
    let micros = u64::try_from(duration.as_nanos().div_ceil(1_000));
    std::cmp::min(micros.unwrap_or(Call::MOST), Call::MOST)
}
