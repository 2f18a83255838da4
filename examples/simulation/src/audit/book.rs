//! What the auditor knows of one tenant: its rules, its standing, its accounts, and the latest time it was seen at.

use super::account::Account;
use super::meter::Meter;
use super::rules::Rules;
use crate::facts::{About, Seen, Violation, Why};

/// Gives numbers that were never given before.
#[derive(Debug, Default)]
pub(super) struct Serials(u64);

impl Serials {
    pub(super) fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Suspended,
    Removed,
}

#[derive(Debug)]
pub(super) struct Book {
    tenant: usize,
    pub(super) standing: Standing,
    pub(super) parent: Option<usize>,
    pub(super) accounts: Vec<Account>,
    /// The latest time that the engine was seen to be asked at: inside, time never goes back.
    pub(super) now: u64,
}

impl Book {
    pub(super) fn new(tenant: usize, text: &str, now: u64, serials: &mut Serials) -> Self {
        let mut book = Self {
            tenant,
            standing: Standing::Removed,
            parent: None,
            accounts: Vec::new(),
            now,
        };
        book.configure(text, serials);
        book
    }

    pub(super) fn advance(&mut self, at: u64) {
        self.now = std::cmp::max(self.now, at);
        for account in &mut self.accounts {
            account.meter.advance(self.now);
        }
    }

    /// A new config: usage of limits that keep their name and dimension is kept.
    pub(super) fn configure(&mut self, text: &str, serials: &mut Serials) {
        let rules = Rules::read(text);
        self.standing = if rules.suspended {
            Standing::Suspended
        } else {
            Standing::Active
        };
        self.parent = rules.parent;
        let mut old = std::mem::take(&mut self.accounts);
        for rule in rules.limits {
            let kept = old.iter().position(|account| account.is_of(&rule));
            let serial = serials.next();
            self.accounts.push(match kept {
                Some(place) => old.swap_remove(place).under(rule, self.now, serial),
                None => Account::new(rule, self.now, serial),
            });
        }
    }

    /// All use is forgotten but what is held, as an operator asked for.
    pub(super) fn reset(&mut self, serials: &mut Serials) {
        let now = self.now;
        for account in &mut self.accounts {
            if !matches!(account.meter, Meter::Slots(_)) {
                *account = Account::new(account.rule.clone(), now, serials.next());
            }
        }
    }

    /// The tenant was not in memory: that must mean that nothing of it was in use. It begins anew, at the
    /// time of the clock.
    pub(super) fn loaded(&mut self, at: u64, serials: &mut Serials) -> Result<(), Violation> {
        self.advance(at);
        if let Some(account) = self.in_use() {
            let used = account.meter.used_for_certain();
            let what = format!("evicted while {used} of it was in use");
            return Err(self.violation("P9", Some(account), what));
        }
        self.now = at;
        for account in &mut self.accounts {
            *account = Account::new(account.rule.clone(), at, serials.next());
        }
        Ok(())
    }

    /// A limit that is certain to be in use.
    pub(super) fn in_use(&self) -> Option<&Account> {
        self.accounts
            .iter()
            .find(|account| account.meter.used_for_certain() > 0)
    }

    /// Whether every limit is certain to be at zero use.
    pub(super) fn is_idle(&self) -> bool {
        self.accounts.iter().all(|account| {
            account.meter.used(self.now) == Some(0) && account.meter.full_at().is_none()
        })
    }

    /// The limits that count a request about this.
    pub(super) fn accounts_for(&self, about: &About) -> impl Iterator<Item = &Account> {
        let about = *about;
        self.accounts
            .iter()
            .filter(move |account| account.rule.is_for(&about))
    }

    pub(super) fn check_standing(&self, why: Option<Why>) -> Result<(), Violation> {
        let expected = match self.standing {
            Standing::Active => None,
            Standing::Suspended => Some(Why::Suspended),
            Standing::Removed => Some(Why::Removed),
        };
        let told = why.filter(|why| matches!(why, Why::Suspended | Why::Removed));
        if told == expected {
            return Ok(());
        }
        let answer = why.map_or("admitted".to_owned(), |why| format!("denied as {why:?}"));
        let what = format!("{answer} while {:?}", self.standing);
        Err(self.violation("P11", None, what))
    }

    /// Compares what a caller was shown with the log.
    pub(super) fn looked(&mut self, at: u64, seen: &[Seen]) -> Result<(), Violation> {
        if seen.len() != self.accounts.len() {
            let what = format!(
                "{} limits shown, {} configured",
                seen.len(),
                self.accounts.len()
            );
            return Err(self.violation("P5", None, what));
        }
        for seen in seen {
            let mut names = self.accounts.iter().map(|account| &account.rule.name);
            let Some(place) = names.position(|name| *name == seen.limit) else {
                return Err(self.violation("P5", None, format!("shows a limit {}", seen.limit)));
            };
            if seen.used == 0
                && seen.full_in == Some(0)
                && let Meter::Bucket(bucket) = &mut self.accounts[place].meter
            {
                bucket.seen_full();
            }
            self.compare(&self.accounts[place], at, seen)?;
        }
        Ok(())
    }

    fn compare(&self, account: &Account, at: u64, seen: &Seen) -> Result<(), Violation> {
        let left = account.left(self.now);
        let used = account.meter.used(self.now);
        let wrong = |what: String| Err(self.violation("P4/P5", Some(account), what));
        if seen.remaining > left.most || seen.remaining < left.least {
            let (least, most) = (left.least, left.most);
            return wrong(format!(
                "{} left, the log says {least} to {most}",
                seen.remaining
            ));
        }
        let Some(used) = used else { return Ok(()) };
        if used != seen.used {
            return wrong(format!("{} used, the log says {used}", seen.used));
        }
        if !matches!(account.meter, Meter::Slots(_)) {
            let full_in = account
                .meter
                .full_at()
                .map_or(0, |full| full.saturating_sub(at));
            if seen.full_in != Some(full_in) {
                return wrong(format!(
                    "full in {:?} ns, the log says {full_in}",
                    seen.full_in
                ));
            }
        }
        Ok(())
    }

    pub(super) fn violation(
        &self,
        promise: &'static str,
        account: Option<&Account>,
        what: String,
    ) -> Violation {
        Violation {
            promise,
            tenant: self.tenant,
            limit: account.map(|account| account.rule.name.clone()),
            at: self.now,
            what,
        }
    }
}
