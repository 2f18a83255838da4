//! Versions for the rows of a table that has none: when their content was first seen.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use foldhash::fast::RandomState;
use tollgate::TenantId;

use crate::store::database::Record;

/// How many tenants are remembered. When there are more all are forgotten, and seen for the first time once more: their
/// versions grow without a change, which does no harm but costs those a comparison who hold the configs.
const MOST: usize = 65_536;

/// What was seen of whom.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    seen: Mutex<Seen>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Seen {
    last: u64,
    /// A hash map: nothing here depends on its order.
    rows: HashMap<TenantId, Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    content: u64,
    version: u64,
}

impl Stamps {
    /// A number above all before it: microseconds since 1970, as far as the clock does not stand still. Drawn before
    /// a question is asked, so that its answer is not taken for newer than it is.
    pub(crate) fn draw(&self) -> u64 {
        let mut seen = self.seen();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0, |since| since.as_micros());
        let now = u64::try_from(now).unwrap_or(u64::MAX);
        seen.last = std::cmp::max(now, seen.last.saturating_add(1));
        seen.last
    }

    /// The version of a row that was read as answer to a question of this number.
    pub(crate) fn version(&self, id: &TenantId, record: &Record, drawn: u64) -> u64 {
        let content = self.hasher.hash_one(record);
        let mut seen = self.seen();
        if seen.rows.len() >= MOST && !seen.rows.contains_key(id) {
            seen.rows.clear();
        }
        let fresh = Row {
            content,
            version: drawn,
        };
        let row = seen.rows.entry(id.clone()).or_insert(fresh);
        if row.content == content {
            return row.version;
        }
        if row.version < drawn {
            *row = fresh;
        }
        drawn
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(text: &str) -> Record {
        Record(vec![Some(text.into())])
    }

    #[test]
    fn a_version_grows_with_a_change_and_stays_without_one() {
        let stamps = Stamps::default();
        let id: TenantId = "acme".parse().unwrap();
        let first = stamps.version(&id, &record("a"), stamps.draw());
        assert_eq!(stamps.version(&id, &record("a"), stamps.draw()), first);
        let second = stamps.version(&id, &record("b"), stamps.draw());
        let third = stamps.version(&id, &record("a"), stamps.draw());
        assert!(first < second && second < third);
    }

    #[test]
    fn an_answer_that_was_overtaken_is_older_than_what_overtook_it() {
        let stamps = Stamps::default();
        let id: TenantId = "acme".parse().unwrap();
        let (slow, fast) = (stamps.draw(), stamps.draw());
        let new = stamps.version(&id, &record("new"), fast);
        assert!(stamps.version(&id, &record("old"), slow) < new);
        assert_eq!(
            stamps.version(&id, &record("new"), stamps.draw()),
            new,
            "it is still the newest"
        );
    }

    #[test]
    fn memory_is_bounded() {
        let stamps = Stamps::default();
        for tenant in 0..MOST + 10 {
            stamps.version(
                &format!("t{tenant}").parse().unwrap(),
                &record("a"),
                stamps.draw(),
            );
        }
        assert!(stamps.seen().rows.len() <= MOST);
    }
}
