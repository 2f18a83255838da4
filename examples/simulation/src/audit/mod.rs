//! The auditor: it hears what a caller hears, keeps a log, and holds the engine to its promises.
//!
//! It shares no code with the engine. It reads the text of the configs by itself, knows nothing of leases, words
//! and rows in memory, and works every limit out from the log of what was admitted.

mod account;
mod book;
mod bucket;
mod calendar;
mod denial;
mod log;
mod meter;
mod rules;
mod slots;
mod window;

use std::collections::HashMap;

use self::account::Account;
use self::book::{Book, Serials, Standing};
use self::meter::Mark;
use crate::facts::{Amounts, Answer, Asked, Dim, Refusal, Seen, Violation};

/// What a permit was charged to: one account of one tenant.
#[derive(Debug, Clone, Copy)]
struct Share {
    tenant: usize,
    serial: u64,
    dim: Dim,
    mark: Mark,
}

#[derive(Debug)]
struct Charge {
    tenant: usize,
    reserved: Amounts,
    shares: Vec<Share>,
    /// Shadow limits that may or may not have counted it at zero.
    doubtful: Vec<Share>,
}

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

    fn book(&mut self, tenant: usize, at: u64) -> &mut Book {
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

    /// A lookup by id did not find the tenant.
    pub(crate) fn absent(&mut self, tenant: usize, at: u64) -> Result<(), Violation> {
        let book = self.book(tenant, at);
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
        let book = self.book(tenant, at);
        if book.standing == Standing::Removed {
            return Ok(());
        }
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

    /// The tenant and all above it: whoever's limits a request of it is charged to.
    fn lineage(&self, tenant: usize) -> Vec<usize> {
        let mut line = vec![tenant];
        let mut last = tenant;
        while let Some(parent) = self.books.get(&last).and_then(|book| book.parent) {
            line.push(parent);
            last = parent;
        }
        line
    }

    /// A request was admitted. `shadowed` names the shadow limits that would have denied it.
    pub(crate) fn admitted(
        &mut self,
        asked: &Asked,
        permit: u64,
        shadowed: &[String],
    ) -> Result<(), Violation> {
        self.say(asked.tenant, asked.at, || {
            format!("{asked:?} is admitted as {permit}, shadowed {shadowed:?}")
        });
        let line = self.lineage(asked.tenant);
        for &tenant in &line {
            let book = self.book(tenant, asked.at);
            book.check_standing(None)?;
            let checked = check_admission(book, asked, shadowed)?;
            self.audited.intervals += checked;
        }
        if asked.promised == Some(Answer::Denied) {
            let what = "admitted before the instant that its denial stated".to_owned();
            return Err(self
                .book(asked.tenant, asked.at)
                .violation("P3", None, what));
        }
        self.charge(&line, asked, permit, shadowed);
        Ok(())
    }

    fn charge(&mut self, line: &[usize], asked: &Asked, permit: u64, shadowed: &[String]) {
        let mut charge = Charge {
            tenant: asked.tenant,
            reserved: asked.cost,
            shares: Vec::new(),
            doubtful: Vec::new(),
        };
        for &tenant in line {
            let book = self.book(tenant, asked.at);
            let now = book.now;
            for account in &mut book.accounts {
                let rule = &account.rule;
                let denied = rule.shadow && shadowed.contains(&rule.name);
                if denied || !rule.is_for(&asked.about) {
                    continue;
                }
                let (dim, need) = (rule.dim, asked.cost.get(rule.dim));
                let doubtful = rule.shadow && need == 0;
                let mark = account.meter.charge(permit, now, need);
                let share = Share {
                    tenant,
                    serial: account.serial,
                    dim,
                    mark,
                };
                let list = if doubtful {
                    &mut charge.doubtful
                } else {
                    &mut charge.shares
                };
                list.push(share);
            }
        }
        self.charges.insert(permit, charge);
    }

    /// A permit was settled. A dimension that `actual` does not name keeps what was reserved.
    pub(crate) fn settled(&mut self, permit: u64, at: u64, actual: &Amounts) {
        let Some(charge) = self.charges.get(&permit) else {
            return;
        };
        let (tenant, reserved) = (charge.tenant, charge.reserved);
        self.say(tenant, at, || format!("{permit} is settled: {actual:?}"));
        let (shares, doubtful) = (charge.shares.clone(), charge.doubtful.clone());
        for tenant in self.lineage(tenant) {
            self.book(tenant, at);
        }
        for share in shares {
            if let Some(actual) = actual.named(share.dim) {
                let reserved = reserved.get(share.dim);
                self.with(share, |account, now| {
                    account.settle(share.mark, now, reserved, actual);
                });
            }
        }
        for share in doubtful {
            if actual.named(share.dim).is_some_and(|actual| actual > 0) {
                self.with(share, |account, now| account.meter.doubt(now));
            }
        }
    }

    /// The request of a permit has ended: its slots are free.
    pub(crate) fn released(&mut self, permit: u64, at: u64) {
        let Some(charge) = self.charges.remove(&permit) else {
            return;
        };
        self.say(charge.tenant, at, || format!("{permit} has ended"));
        self.book(charge.tenant, at);
        for share in charge.shares {
            self.with(share, |account, _| account.meter.release(permit));
        }
    }

    /// What a permit that is refunded is settled at.
    pub(crate) fn refund_of(cost: &Amounts) -> Amounts {
        cost.map(|_| 0)
    }

    fn with(&mut self, share: Share, act: impl FnOnce(&mut Account, u64)) {
        let Some(book) = self.books.get_mut(&share.tenant) else {
            return;
        };
        let mut accounts = book.accounts.iter_mut();
        if let Some(account) = accounts.find(|account| account.serial == share.serial) {
            act(account, book.now);
        }
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

/// Holds an admission against every limit of one tenant; says how many intervals that took.
fn check_admission(book: &Book, asked: &Asked, shadowed: &[String]) -> Result<u64, Violation> {
    let mut checked = 0;
    for account in book.accounts_for(&asked.about) {
        let (rule, now) = (&account.rule, book.now);
        let need = asked.cost.get(rule.dim);
        if need == 0 {
            continue;
        }
        checked += 1;
        let left = account.left(now);
        if rule.shadow && shadowed.contains(&rule.name) {
            if asked.alone && need <= left.least {
                let what = format!("{need} said not to fit, {} left", left.least);
                return Err(book.violation("P2", Some(account), what));
            }
        } else if account.meter.is_over_with(now, need) || need > left.most {
            let what = account.meter.evidence(now, need);
            return Err(book.violation("P1", Some(account), what));
        }
    }
    Ok(checked)
}
