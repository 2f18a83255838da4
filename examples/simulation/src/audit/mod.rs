//! The auditor: it hears what a caller hears, keeps a log, and holds the engine to its promises.
//!
//! It shares no code with the engine. It reads the text of the configs by itself, knows nothing of leases, words
//! and rows in memory, and works every limit out from the log of what was admitted.

mod account;
mod book;
mod bucket;
mod calendar;
mod charges;
mod denial;
mod log;
mod meter;
mod rules;
mod slots;
mod window;

use std::collections::HashMap;

use self::book::{Book, Serials, Standing};
use self::charges::Charge;
use crate::facts::{Asked, Refusal, Seen, Violation};

/// How much was held against the promises.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Audited {
    /// Intervals that were summed up, one for each limit of each admission.
    pub(crate) intervals: u64,
    /// Denials that were shown to be right, to the nanosecond.
    pub(crate) exact_denials: u64,
    /// Denials in which some limit was only known within bounds.
    pub(crate) loose_denials: u64,
    /// How full the limits were that said no: a sum of thousandths, and of how many.
    pub(crate) fullness: (u64, u64),
}

/// See the module's page.
#[derive(Debug, Default)]
pub(crate) struct Auditor {
    books: HashMap<usize, Book>,
    charges: HashMap<u64, Charge>,
    serials: Serials,
    /// By how much the clock of decisions may lag.
    lag: u64,
    /// The latest time at which idle tenants were swept from memory.
    swept_at: u64,
    /// Whose story is told on stderr.
    trace: Option<usize>,
    pub(crate) audited: Audited,
}

impl Auditor {
    /// An auditor of decisions by a clock that lags so much; it tells the story of `trace` as it hears it.
    pub(crate) fn new(lag: u64, trace: Option<usize>) -> Self {
        Self {
            lag,
            trace,
            ..Self::default()
        }
    }

    fn say(&self, tenant: usize, at: u64, what: impl FnOnce() -> String) {
        if self.trace == Some(tenant) {
            eprintln!("{at} t{tenant} {}", what());
        }
    }

    /// A tenant's config is this from now on.
    pub(crate) fn configured(&mut self, tenant: usize, at: u64, text: &str) {
        self.say(tenant, at, || format!("is configured: {text}"));
        let serials = &mut self.serials;
        if let Some(book) = self.books.get_mut(&tenant) {
            book.advance(at);
            book.configure(text, serials);
        } else {
            self.books
                .insert(tenant, Book::new(tenant, text, at, serials));
        }
    }

    /// The tenant's book, as of `at`, or of the latest time that anybody above it has seen.
    fn book(&mut self, tenant: usize, at: u64) -> &mut Book {
        let seen = |above: &usize| self.books.get(above).map(|book| book.now);
        let seen = self.lineage(tenant).iter().skip(1).filter_map(seen).max();
        let at = std::cmp::max(at, seen.unwrap_or(0));
        let book = self
            .books
            .get_mut(&tenant)
            .expect("a tenant is configured first");
        book.advance(at);
        book
    }

    pub(crate) fn suspended(&mut self, tenant: usize, at: u64) {
        self.say(tenant, at, || "is suspended".to_owned());
        self.book(tenant, at).standing = Standing::Suspended;
    }

    pub(crate) fn resumed(&mut self, tenant: usize, at: u64) {
        self.say(tenant, at, || "is resumed".to_owned());
        self.book(tenant, at).standing = Standing::Active;
    }

    pub(crate) fn removed(&mut self, tenant: usize, at: u64) {
        self.say(tenant, at, || "is removed".to_owned());
        self.book(tenant, at).standing = Standing::Removed;
    }

    pub(crate) fn reset(&mut self, tenant: usize, at: u64) {
        self.say(tenant, at, || "is reset".to_owned());
        self.book(tenant, at);
        let Self { books, serials, .. } = self;
        if let Some(book) = books.get_mut(&tenant) {
            book.reset(serials);
        }
    }

    /// The engine took note of the time for this tenant.
    pub(crate) fn touched(&mut self, tenant: usize, at: u64) {
        self.book(tenant, at);
    }

    /// The tenant was not in memory and is loaded now.
    pub(crate) fn loaded(&mut self, tenant: usize, at: u64) -> Result<(), Violation> {
        self.say(tenant, at, || "is loaded".to_owned());
        // It may have been swept at a later time than the clock shows now.
        self.book(tenant, std::cmp::max(at, self.swept_at));
        let Self { books, serials, .. } = self;
        books
            .get_mut(&tenant)
            .map_or(Ok(()), |book| book.loaded(at, serials))
    }

    /// Idle tenants are swept from memory now.
    pub(crate) fn sweeps(&mut self, at: u64) {
        self.swept_at = std::cmp::max(self.swept_at, at);
    }

    /// A lookup by id did not find the tenant. The engine asks nobody about that, so nobody's time moves on.
    pub(crate) fn absent(&self, tenant: usize) -> Result<(), Violation> {
        let book = &self.books[&tenant];
        if book.standing == Standing::Removed {
            return Ok(());
        }
        Err(book.violation("P10", None, "is configured, and was not found".to_owned()))
    }

    /// After a sweep of all tenants: whether it is in memory, and whether anybody has a handle or a permit.
    pub(crate) fn swept(
        &mut self,
        tenant: usize,
        at: u64,
        in_memory: bool,
        held: bool,
    ) -> Result<(), Violation> {
        if self.books[&tenant].standing == Standing::Removed {
            return Ok(());
        }
        let book = self.book(tenant, at);
        if !in_memory && let Some(account) = book.in_use() {
            let what = format!("swept with {} in use", account.meter.used_for_certain());
            return Err(book.violation("P9", Some(account), what));
        }
        if in_memory && !held && book.is_idle() {
            let what = "idle, held by nobody, and swept past".to_owned();
            return Err(book.violation("P9", None, what));
        }
        Ok(())
    }

    /// Whether the limits of this tenant bind others, too.
    pub(crate) fn is_a_parent(&self, tenant: usize) -> bool {
        self.books.values().any(|book| book.parent == Some(tenant))
    }

    /// The tenant and all above it: whoever's limits a request of it is charged to.
    pub(crate) fn lineage(&self, tenant: usize) -> Vec<usize> {
        let mut line = vec![tenant];
        let mut last = tenant;
        while let Some(parent) = self.books.get(&last).and_then(|book| book.parent) {
            line.push(parent);
            last = parent;
        }
        line
    }

    /// A request was denied.
    pub(crate) fn denied(&mut self, asked: &Asked, refusal: &Refusal) -> Result<(), Violation> {
        self.say(asked.tenant, asked.at, || {
            format!("{asked:?} is denied: {refusal:?}")
        });
        for tenant in self.lineage(asked.tenant) {
            self.book(tenant, asked.at);
        }
        self.judge_denial(asked, refusal)
    }

    /// The tenant's usage was looked at.
    pub(crate) fn looked(
        &mut self,
        tenant: usize,
        at: u64,
        seen: &[Seen],
    ) -> Result<(), Violation> {
        self.say(tenant, at, || format!("is looked at: {seen:?}"));
        self.book(tenant, at).looked(at, seen)
    }

    /// A request was denied: what was shown before and after must be the same.
    pub(crate) fn unchanged(
        &mut self,
        tenant: usize,
        at: u64,
        before: &[Seen],
        after: &[Seen],
    ) -> Result<(), Violation> {
        let changed = before
            .iter()
            .zip(after)
            .find(|(before, after)| before != after);
        let Some((before, after)) = changed else {
            return Ok(());
        };
        let book = self.book(tenant, at);
        let account = book
            .accounts
            .iter()
            .find(|account| account.rule.name == before.limit);
        let what = format!("a denial changed {before:?} to {after:?}");
        Err(book.violation("P2", account, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{About, Amounts, Why};

    fn config(parent: &str, capacity: u64) -> String {
        format!(
            r#"{{{parent} "quota": {{"limits": [{{"name": "a", "dimension": "requests",
                "capacity": {capacity}, "window": "60s"}}]}}}}"#
        )
    }

    fn asked(tenant: usize) -> Asked {
        Asked {
            tenant,
            at: 1,
            about: About::default(),
            cost: Amounts([Some(1), None, None]),
            promised: None,
            alone: true,
        }
    }

    /// t0 with two requests, its child t1 with five, and a grandchild without a number of its own.
    fn family() -> Auditor {
        let mut auditor = Auditor::new(0, None);
        auditor.configured(0, 0, &config("", 2));
        auditor.configured(1, 0, &config(r#""parent": "t0","#, 5));
        auditor.configured(2, 0, r#"{"parent": "t1"}"#);
        auditor
    }

    #[test]
    fn an_admission_is_charged_to_the_tenant_and_all_above_it() {
        let mut auditor = family();
        assert_eq!(auditor.admitted(&asked(2), 1, &[]), Ok(()));
        assert_eq!(auditor.admitted(&asked(1), 2, &[]), Ok(()));
        let third = auditor.admitted(&asked(2), 3, &[]).unwrap_err();
        assert_eq!((third.promise, third.tenant), ("P1", 0), "{third}");
        // A sibling's refund makes room again.
        auditor.settled(2, 1, &Auditor::refund_of(&asked(1).cost));
        assert_eq!(auditor.admitted(&asked(2), 3, &[]), Ok(()));
    }

    #[test]
    fn a_denial_may_be_because_of_a_limit_above() {
        let mut auditor = family();
        let refusal = Refusal {
            why: Why::Quota,
            retry_at: Some(62_000_000_000),
            retry_after: Some(61_999_999_999),
            limit: Some("a".to_owned()),
        };
        let wrong = auditor.denied(&asked(2), &refusal).unwrap_err();
        assert_eq!(wrong.promise, "P2", "{wrong}");
        for permit in [1, 2] {
            assert_eq!(auditor.admitted(&asked(1), permit, &[]), Ok(()));
        }
        assert_eq!(auditor.denied(&asked(2), &refusal), Ok(()));
    }
}
