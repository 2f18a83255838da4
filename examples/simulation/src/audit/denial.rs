//! Whether a no was right: for this reason, and until this very instant.

use super::account::Account;
use super::book::Book;
use super::rules::Shape;
use super::{Auditor, Standing};
use crate::facts::{Answer, Asked, Refusal, Violation, Why};

/// What the log says of a request, limit by limit.
#[derive(Default)]
struct Verdict<'b> {
    /// Limits that are certain to say no.
    against: Vec<(&'b Book, &'b Account)>,
    /// Limits that may say no.
    unsure: Vec<(&'b Book, &'b Account)>,
    never: bool,
    in_use: bool,
    /// When the last of those that are certain has room.
    fits_at: u64,
}

impl Auditor {
    pub(super) fn judge_denial(
        &mut self,
        asked: &Asked,
        refusal: &Refusal,
    ) -> Result<(), Violation> {
        let line = self.lineage(asked.tenant);
        let own = &self.books[&asked.tenant];
        // Whoever of the line is not active, nobody below it is served.
        let mut inactive = line.iter().map(|tenant| &self.books[tenant]);
        let inactive = inactive.find(|book| book.standing != Standing::Active);
        if inactive.is_some() || matches!(refusal.why, Why::Suspended | Why::Removed) {
            return inactive.unwrap_or(own).check_standing(Some(refusal.why));
        }
        let verdict = Verdict::of(line.iter().map(|tenant| &self.books[tenant]), asked);
        let exact = verdict.unsure.is_empty();
        verdict.check(own, asked, refusal, self.lag)?;
        let fullness = verdict.fullness(asked);
        if exact {
            self.audited.fullness.0 += fullness.iter().sum::<u64>();
            self.audited.fullness.1 += u64::try_from(fullness.len()).unwrap_or(0);
            self.audited.exact_denials += 1;
        } else {
            self.audited.loose_denials += 1;
        }
        Ok(())
    }
}

impl<'b> Verdict<'b> {
    fn of(books: impl Iterator<Item = &'b Book>, asked: &Asked) -> Self {
        let mut verdict = Self::default();
        for book in books {
            for account in book.accounts_for(&asked.about) {
                let need = asked.cost.get(account.rule.dim);
                let left = account.left(book.now);
                if account.rule.shadow || need == 0 || need <= left.least {
                    continue;
                }
                if need <= left.most {
                    verdict.unsure.push((book, account));
                } else if account.meter.used(book.now).is_some() || need > account.rule.most() {
                    verdict.add(book, account, need);
                } else {
                    // It says no for certain; until when, nobody can tell from outside.
                    verdict.unsure.push((book, account));
                    verdict.against.push((book, account));
                }
            }
        }
        verdict
    }

    fn add(&mut self, book: &'b Book, account: &'b Account, need: u64) {
        self.against.push((book, account));
        if need > account.rule.most() {
            self.never = true;
        } else if account.rule.shape == Shape::Slots {
            self.in_use = true;
        } else {
            let fits_at = account.meter.fits_at(need).unwrap_or(u64::MAX);
            self.fits_at = std::cmp::max(self.fits_at, fits_at);
        }
    }

    /// Of each limit that says no to what it could hold: how full it is, in thousandths.
    fn fullness(&self, asked: &Asked) -> Vec<u64> {
        let mut all = Vec::new();
        for (book, account) in &self.against {
            let most = account.rule.most();
            if asked.cost.get(account.rule.dim) <= most {
                let left = u128::from(account.left(book.now).most);
                let full = 1_000 - left * 1_000 / u128::from(most);
                all.push(u64::try_from(full).unwrap_or(1_000));
            }
        }
        all
    }

    fn check(
        &self,
        own: &Book,
        asked: &Asked,
        refusal: &Refusal,
        lag: u64,
    ) -> Result<(), Violation> {
        let wrong = |promise, what: String| {
            let named = refusal.limit.as_deref();
            let account = own
                .accounts
                .iter()
                .find(|account| Some(&*account.rule.name) == named);
            Err(own.violation(promise, account, what))
        };
        if self.against.is_empty() && self.unsure.is_empty() {
            return wrong(
                "P2",
                format!("{:?} was denied and fits every limit", asked.cost),
            );
        }
        if asked.promised == Some(Answer::Admitted) {
            return wrong(
                "P3",
                "denied at the instant that its denial stated".to_owned(),
            );
        }
        if let Some(named) = &refusal.limit {
            let mut no = self.against.iter().chain(&self.unsure);
            if !no.any(|(_, account)| account.rule.name == *named) {
                return wrong("P3", format!("names {named}, which does not say no"));
            }
        }
        let expected = match (self.never, self.in_use) {
            (true, _) => Why::Never,
            (false, true) => Why::InUse,
            (false, false) => Why::Quota,
        };
        let exact = self.unsure.is_empty();
        if refusal.why != expected && (exact || self.never || refusal.why == Why::Other) {
            return wrong(
                "P3",
                format!("denied as {:?}, the log says {expected:?}", refusal.why),
            );
        }
        if (refusal.why == Why::Quota) != refusal.retry_at.is_some() {
            return wrong(
                "P3",
                format!(
                    "denied as {:?}, retry at {:?}",
                    refusal.why, refusal.retry_at
                ),
            );
        }
        let Some(retry_at) = refusal.retry_at else {
            return Ok(());
        };
        if exact && retry_at != self.fits_at {
            let fits_at = self.fits_at;
            return wrong(
                "P3",
                format!("retry at {retry_at} ns, the log says {fits_at}"),
            );
        }
        if retry_at <= own.now || retry_at < self.fits_at {
            return wrong(
                "P3",
                format!("retry at {retry_at} ns is too early, by the log"),
            );
        }
        let after = retry_at - asked.at;
        let told = refusal.retry_after.unwrap_or(0);
        if told < after || told > after + lag {
            return wrong("P3", format!("retry after {told} ns, {after} ns are left"));
        }
        Ok(())
    }
}
