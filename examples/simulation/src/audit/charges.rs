//! Admissions, and what becomes of them: each is held against every limit, charged, settled and ended.

use super::Auditor;
use super::account::Account;
use super::book::Book;
use super::meter::Mark;
use crate::facts::{Amounts, Answer, Asked, Dim, Violation};

/// What a permit was charged to: one account of one tenant.
#[derive(Debug, Clone, Copy)]
struct Share {
    tenant: usize,
    serial: u64,
    dim: Dim,
    mark: Mark,
}

#[derive(Debug)]
pub(super) struct Charge {
    tenant: usize,
    reserved: Amounts,
    shares: Vec<Share>,
    /// Shadow limits that may or may not have counted it at zero.
    doubtful: Vec<Share>,
}

impl Auditor {
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

    /// The request of a permit has ended: its slots are free. Where it had none the engine is not asked, so that
    /// nobody's time moves on.
    pub(crate) fn released(&mut self, permit: u64, at: u64) {
        let Some(charge) = self.charges.remove(&permit) else {
            return;
        };
        self.say(charge.tenant, at, || format!("{permit} has ended"));
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
