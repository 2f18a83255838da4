//! An origin in memory: for tests, and for engines of one process that share limits.

use std::collections::HashMap;
use std::fmt;

use crate::clock::Timestamp;
use crate::dimension::Dimension;
use crate::plan::Period;
use crate::sync::{Arc, Mutex};
use crate::tenant_id::TenantId;

use super::{Account, Claim, Exchanging, Origin, Tally};

/// Keeps the accounts of durable limits in memory. They outlive the engine, not the process.
///
/// Clones share what they hold.
///
/// # Complexity
/// A window stays for as long as some clone does: one entry for each limit, window and holder.
#[derive(Clone, Default)]
pub struct InMemoryOrigin(Arc<Mutex<Windows>>);

/// What a window is of: changes of the period leave it as it is.
type LimitOf = (TenantId, Arc<str>, Dimension);
/// Hash maps: nothing depends on their order.
type Windows = HashMap<LimitOf, HashMap<(Period, Timestamp), Accounts>>;

#[derive(Default)]
struct Accounts {
    end: Timestamp,
    charged: u64,
    /// What of that was charged to windows of other periods.
    inherited: u64,
    /// What each holder was granted, and what it has given back.
    holders: HashMap<u64, (u64, u64)>,
}

impl Accounts {
    fn own(&self) -> u64 {
        self.charged.saturating_sub(self.inherited)
    }
}

impl InMemoryOrigin {
    /// An origin that has granted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn settle(&self, claim: &Claim) -> Account {
        let mut windows = self.0.lock();
        let limit = (
            claim.tenant.clone(),
            Arc::clone(&claim.limit),
            claim.dimension.clone(),
        );
        let windows = windows.entry(limit).or_default();
        let inheritance = inheritance(windows, claim);
        let accounts = windows.entry((claim.period, claim.start)).or_default();
        accounts.end = claim.end;
        if !accounts.holders.contains_key(&claim.holder) {
            // Each change of the period makes a new holder.
            let more = inheritance.saturating_sub(accounts.inherited);
            accounts.inherited = accounts.inherited.saturating_add(more);
            accounts.charged = accounts.charged.saturating_add(more);
        }
        let holder = accounts.holders.entry(claim.holder).or_default();
        let mut tally = Tally {
            granted: holder.0,
            returned: holder.1,
            charged: accounts.charged,
        };
        let account = tally.settle(claim);
        *holder = (tally.granted, tally.returned);
        accounts.charged = tally.charged;
        account
    }
}

/// What was charged to the limit when it counted by other periods, in windows that overlap this one, less what
/// other windows of this period have taken over of that: a limit that is changed keeps its usage, once.
///
/// A window without charges of its own has given nothing to anybody: who overlaps only such ones took over
/// something else.
fn inheritance(windows: &HashMap<(Period, Timestamp), Accounts>, claim: &Claim) -> u64 {
    let overlaps = |start: Timestamp, end: Timestamp, accounts: &Accounts, from: Timestamp| {
        from < end && start < accounts.end
    };
    let others: Vec<_> = windows
        .iter()
        .filter(|((period, start), accounts)| {
            let gives = *period != claim.period && accounts.own() > 0;
            gives && overlaps(claim.start, claim.end, accounts, *start)
        })
        .collect();
    let all = others.iter().fold(0_u64, |sum, (_, accounts)| {
        sum.saturating_add(accounts.own())
    });
    let siblings = windows.iter().filter(|((period, start), accounts)| {
        let is_sibling = *period == claim.period && *start != claim.start;
        let of_those = |((_, from), other): &(&(Period, Timestamp), &Accounts)| {
            overlaps(*start, accounts.end, other, *from)
        };
        is_sibling && others.iter().any(of_those)
    });
    siblings.fold(all, |left, (_, accounts)| {
        left.saturating_sub(accounts.inherited)
    })
}

impl Origin for InMemoryOrigin {
    fn exchange<'o>(&'o self, claims: &'o [Claim]) -> Exchanging<'o> {
        let accounts = claims.iter().map(|claim| self.settle(claim)).collect();
        Box::pin(std::future::ready(Ok(accounts)))
    }
}

impl fmt::Debug for InMemoryOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InMemoryOrigin")
            .field("limits", &self.0.lock().len())
            .finish()
    }
}
