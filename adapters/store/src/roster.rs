//! Who exists: lets ids that nobody has be told apart without a query, however many are tried.
//!
//! The roster holds a seeded 64-bit hash of the id of every tenant. An id whose hash is not in it is not a
//! tenant, **provided the roster is complete**. It is, by this rule:
//!
//! 1. The feed takes a cursor first; then the ids are read, page by page. A tenant that was committed before
//!    the cursor was taken is in a page, unless it is gone by then. One that was committed later is told by the feed,
//!    which adds it, whether its page was read before or after.
//! 2. The feed adds whoever it hears of before it moves its cursor on, and before anybody is told of the change.
//!    So after a catch-up that began at *t* the roster holds everybody who was committed before *t*.
//! 3. A tenant that is set through this process is in it before the write returns.
//! 4. Hashes are never taken out: another tenant may have the same. Who is gone costs one query per
//!    negative entry, as without a roster. Once it holds too many it is read anew.
//! 5. It is asked only while the last catch-up succeeded, began lately, and told of all changes, which a table without
//!    versions can't: the feed says so. Else ids are looked up, in batches.
//!
//! So what it says may be as old as the feed's last catch-up, just as a negative entry may be: an id that another
//! process has just created is unknown here until the notice of it arrives. It is never older than the feed's
//! trusted age, and a change that arrives while an engine waits for the answer makes it ask again.

use std::collections::HashSet;
use std::hash::BuildHasher;

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tollgate::TenantId;

/// The hashes of all ids, eight bytes and a ninth for the table's own each.
#[derive(Debug)]
pub(crate) struct Roster {
    most: usize,
    hasher: foldhash::quality::RandomState,
    content: Mutex<Content>,
    unread: Notify,
    settled: watch::Sender<bool>,
}

/// A hash set: nothing depends on its order.
#[derive(Debug, Default)]
struct Content {
    hashes: HashSet<u64, foldhash::fast::RandomState>,
    phase: Phase,
    /// Grows whenever it is read anew: pages for an earlier edition don't count.
    edition: u64,
}

/// What a roster is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Phase {
    /// The ids are being read, or have yet to be.
    #[default]
    Incomplete,
    Complete,
    /// There are more tenants than it may hold, or the database can't tell of all changes.
    Off,
}

impl Roster {
    /// A roster of `most` tenants; of none means that it is off.
    pub(crate) fn new(most: usize) -> Self {
        let roster = Self {
            most,
            hasher: foldhash::quality::RandomState::default(),
            content: Mutex::default(),
            unread: Notify::new(),
            settled: watch::Sender::new(false),
        };
        if most == 0 {
            roster.turn_off();
        }
        roster
    }

    /// Whether somebody may have this id; `true` if the roster can't tell.
    pub(crate) fn may_have(&self, id: &TenantId) -> bool {
        let content = self.content.lock();
        content.phase != Phase::Complete || content.hashes.contains(&self.hasher.hash_one(id))
    }

    /// Adds a tenant; says whether the roster would have denied that there is one.
    pub(crate) fn add(&self, id: &TenantId) -> bool {
        let mut content = self.content.lock();
        if content.phase == Phase::Off {
            return false;
        }
        let complete = content.phase == Phase::Complete;
        let newcomer = content.hashes.insert(self.hasher.hash_one(id));
        if content.hashes.len() > self.most {
            // Perhaps of tenants that are gone: reading it anew will tell.
            content.start_over();
            self.unread.notify_one();
        }
        newcomer && complete
    }

    /// Has the ids read again: who was told of until now may not have been everybody.
    pub(crate) fn read_anew(&self) {
        self.content.lock().start_over();
        self.unread.notify_one();
    }

    /// Begins to read the ids; gives the edition that pages are for.
    pub(crate) fn begin(&self) -> u64 {
        let mut content = self.content.lock();
        content.start_over();
        content.edition
    }

    /// Adds a page of an edition; says whether to read on.
    pub(crate) fn add_page(&self, edition: u64, ids: &[TenantId]) -> bool {
        let mut content = self.content.lock();
        if content.edition != edition || content.phase != Phase::Incomplete {
            return false;
        }
        content
            .hashes
            .extend(ids.iter().map(|id| self.hasher.hash_one(id)));
        let fits = content.hashes.len() <= self.most;
        if !fits {
            tracing::warn!(
                most = self.most,
                "more tenants than the roster may hold: unknown ids are looked up in the database"
            );
            content.turn_off();
            self.settled.send_replace(true);
        }
        fits
    }

    /// All pages of the edition have been added.
    pub(crate) fn completed(&self, edition: u64) {
        let mut content = self.content.lock();
        if content.edition == edition && content.phase == Phase::Incomplete {
            content.phase = Phase::Complete;
            self.settled.send_replace(true);
        }
    }

    /// Never says anything again, and frees its memory.
    pub(crate) fn turn_off(&self) {
        self.content.lock().turn_off();
        self.settled.send_replace(true);
    }

    /// Waits until it was complete for the first time, or turned off.
    pub(crate) async fn settled(&self) {
        let mut settled = self.settled.subscribe();
        let _settled = settled.wait_for(|&settled| settled).await;
    }

    /// Waits until it is to be read anew.
    pub(crate) async fn unread(&self) {
        self.unread.notified().await;
    }

    pub(crate) fn phase(&self) -> Phase {
        self.content.lock().phase
    }

    pub(crate) fn len(&self) -> usize {
        self.content.lock().hashes.len()
    }
}

impl Content {
    fn start_over(&mut self) {
        if self.phase != Phase::Off {
            *self = Self {
                edition: self.edition.wrapping_add(1),
                ..Self::default()
            };
        }
    }

    fn turn_off(&mut self) {
        *self = Self {
            phase: Phase::Off,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: usize) -> TenantId {
        format!("tenant-{n}").parse().unwrap()
    }

    fn whole(most: usize, ids: std::ops::Range<usize>) -> Roster {
        let roster = Roster::new(most);
        let edition = roster.begin();
        roster.add_page(edition, &ids.map(id).collect::<Vec<_>>());
        roster.completed(edition);
        roster
    }

    #[test]
    fn a_complete_roster_knows_everybody_and_no_stranger() {
        let roster = whole(20_000, 0..10_000);
        assert!((0..10_000).all(|n| roster.may_have(&id(n))));
        assert!((10_000..110_000).all(|n| !roster.may_have(&id(n))));
    }

    #[test]
    fn an_incomplete_roster_denies_nobody() {
        let roster = Roster::new(10);
        assert!(!roster.add(&id(1)), "it would not have denied it");
        assert!(roster.may_have(&id(2)));
        assert!(Roster::new(0).may_have(&id(2)));
    }

    #[test]
    fn who_is_added_while_the_ids_are_read_is_in_it() {
        let roster = Roster::new(10);
        let edition = roster.begin();
        roster.add(&id(1));
        assert!(roster.add_page(edition, &[id(2)]));
        roster.completed(edition);
        assert!(roster.may_have(&id(1)) && roster.may_have(&id(2)));
        assert!(!roster.may_have(&id(3)));
        assert!(roster.add(&id(3)), "it would have denied it");
        assert!(!roster.add(&id(3)));
    }

    #[test]
    fn one_that_overflows_is_read_anew_and_pages_of_before_do_not_count() {
        let roster = whole(3, 0..3);
        let before = roster.begin();
        roster.add_page(before, &[id(0), id(1), id(2)]);
        roster.add(&id(9));
        assert_eq!(roster.phase(), Phase::Incomplete);
        assert!(!roster.add_page(before, &[id(1)]));
        roster.completed(before);
        assert_eq!(roster.phase(), Phase::Incomplete);
        let edition = roster.begin();
        assert!(!roster.add_page(edition, &[id(0), id(1), id(2), id(3)]));
        assert_eq!((roster.phase(), roster.len()), (Phase::Off, 0));
    }
}
