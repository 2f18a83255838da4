//! A limit that nodes share, as a meter: what this node has of it counts, and what it knows of the others.

use crate::clock::Timestamp;
use crate::cluster::{Shape, Share, Wait};
use crate::plan::{Algorithm, Limit};

use super::{Level, Retry};

/// How it counts at `now`; periods of the calendar are those that the store's clock is in, as far as that is known.
pub(crate) fn shape(share: &Share, limit: &Limit, now: Timestamp) -> Option<Shape> {
    Shape::of(limit, share.reckoned(now))
}

pub(super) fn retry(share: &Share, limit: &Limit, amount: u64) -> Retry {
    match share.retry(most_at_once(limit), amount) {
        Wait::Never => Retry::Never,
        Wait::At(_) if limit.is_concurrency() => Retry::WhenFreed { not_before: None },
        Wait::At(at) => Retry::At(at),
        Wait::WhenGranted => Retry::WhenGranted,
    }
}

/// As of the store's last answer. When others give something back nobody here can know.
pub(super) fn level(share: &Share, limit: &Limit, now: Timestamp, unspent: u64) -> Level {
    let capacity = most_at_once(limit);
    let used = share.used_by_all().saturating_sub(unspent);
    let next_at = match share.retry(capacity, 1) {
        Wait::At(at) if !limit.is_concurrency() => Some(at),
        Wait::At(_) | Wait::Never | Wait::WhenGranted => None,
    };
    let full_at = match limit.algorithm {
        _ if used == 0 => Some(Timestamp::ZERO),
        Algorithm::Sliding { window, .. } | Algorithm::Bucket { window, .. } => {
            Some(now.saturating_add(window))
        }
        Algorithm::Calendar { .. } => Some(share.steady_until()),
        Algorithm::Concurrency => None,
    };
    Level {
        used,
        remaining: capacity.saturating_sub(used),
        next_at,
        full_at,
    }
}

/// The most that one request can ever cost of a limit, whoever counts it: of a bucket that nodes share a part is kept back.
pub(crate) fn most_at_once(limit: &Limit) -> u64 {
    let shape = limit.is_shared().then(|| Shape::of(limit, Timestamp::ZERO));
    if let Some(Some(Shape::Bucket { level, .. })) = shape {
        level
    } else {
        let reserve = limit.beyond.reserve;
        limit.burst_or_capacity().saturating_sub(reserve)
    }
}
