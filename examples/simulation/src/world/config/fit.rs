//! Configs below a parent's: what lies above an ancestor's limit would be refused.

use super::{Draft, Kind, Limit, SECOND};
use crate::facts::Dim;

/// What the short fields of a config make.
const MINUTE: Kind = Kind::Sliding {
    window: 60 * SECOND,
    parts: 30,
};

impl Draft {
    /// Lowers what lies above an ancestor's limit of the same kind, which would be refused.
    pub(crate) fn fit_below(&mut self, above: &Self) {
        let minute = |dim: Dim, capacity: u64| (dim, MINUTE, capacity);
        let short = [
            minute(Dim::Requests, above.requests_per_minute),
            minute(Dim::Tokens, above.tokens_per_minute),
        ];
        let short = short.into_iter().filter(|(_, _, capacity)| *capacity > 0);
        let limits = above.limits.iter().filter(|limit| !limit.shadow);
        let limits = limits.map(|limit| (limit.dim, limit.kind, limit.capacity));
        for (dim, kind, capacity) in short.chain(limits) {
            let mine = self.limits.iter_mut().filter(|limit| limit.dim == dim);
            mine.for_each(|limit| limit.fit_below(kind, capacity));
            let short = match dim {
                Dim::Requests => &mut self.requests_per_minute,
                Dim::Tokens => &mut self.tokens_per_minute,
                Dim::Bytes => continue,
            };
            if matches!(kind, Kind::Sliding { window, .. } if window == 60 * SECOND) {
                *short = std::cmp::min(*short, capacity);
            }
        }
    }
}

impl Limit {
    fn fit_below(&mut self, kind: Kind, capacity: u64) {
        match (&mut self.kind, kind) {
            (Kind::Sliding { window: mine, .. }, Kind::Sliding { window, .. })
                if *mine == window => {}
            (
                Kind::Bucket {
                    window: mine,
                    burst,
                },
                Kind::Bucket {
                    window,
                    burst: most,
                },
            ) if *mine == window => *burst = std::cmp::min(*burst, most),
            (Kind::Calendar(mine), Kind::Calendar(period)) if *mine == period => {}
            (Kind::Slots, Kind::Slots) => {}
            _ => return,
        }
        self.capacity = std::cmp::min(self.capacity, capacity);
    }
}
