//! An origin in memory: for tests, and for engines of one process that share limits.

use std::collections::HashMap;
use std::fmt;

use crate::clock::Timestamp;
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

type Window = (TenantId, Arc<str>, Period, Timestamp);
/// Hash maps: nothing depends on their order.
type Windows = HashMap<Window, Accounts>;

#[derive(Default)]
struct Accounts {
    end: Timestamp,
    charged: u64,
    /// What of that was charged to windows of other periods, before this one was opened.
    inherited: u64,
    /// What each holder was granted, and what it has given back.
    holders: HashMap<u64, (u64, u64)>,
}

impl InMemoryOrigin {
    /// An origin that has granted nothing.
    pub fn new() -> Self {
        Self::default()
    }

    fn settle(&self, claim: &Claim) -> Account {
        let mut windows = self.0.lock();
        let window = (
            claim.tenant.clone(),
            Arc::clone(&claim.limit),
            claim.period,
            claim.start,
        );
        if !windows.contains_key(&window) {
            let inherited = inherited(&windows, claim);
            let accounts = Accounts {
                charged: inherited,
                inherited,
                ..Accounts::default()
            };
            windows.insert(window.clone(), accounts);
        }
        let accounts = windows.entry(window).or_default();
        accounts.end = claim.end;
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

/// What was charged to the same limit when it counted by another period, in windows that overlap this one: a limit
/// that is changed keeps its usage.
fn inherited(windows: &Windows, claim: &Claim) -> u64 {
    let theirs = windows
        .iter()
        .filter(|((tenant, limit, period, start), accounts)| {
            let same = *tenant == claim.tenant && *limit == claim.limit && *period != claim.period;
            same && *start < claim.end && claim.start < accounts.end
        });
    let own = |accounts: &Accounts| accounts.charged.saturating_sub(accounts.inherited);
    theirs.fold(0, |sum, (_, accounts)| sum.saturating_add(own(accounts)))
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
            .field("windows", &self.0.lock().len())
            .finish()
    }
}
