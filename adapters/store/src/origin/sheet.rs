//! The rows that one exchange reads, settles and writes; no I/O.

use std::collections::BTreeMap;
use std::sync::Arc;

use tollgate::{Account, Claim, Tally, TenantId, Timestamp};

/// Which window a claim is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WindowKey {
    pub(super) tenant: TenantId,
    pub(super) limit: Arc<str>,
    pub(super) ends_at: i64,
    pub(super) period: &'static str,
    pub(super) starts_at: i64,
}

impl WindowKey {
    fn of(claim: &Claim) -> Self {
        Self {
            tenant: claim.tenant.clone(),
            limit: Arc::clone(&claim.limit),
            ends_at: instant(claim.end),
            period: claim.period.as_str(),
            starts_at: instant(claim.start),
        }
    }
}

/// A point in time as the tables hold it. Later than the year 2262 is 2262.
pub(super) fn instant(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

/// A count as the tables hold it, bit for bit, so that none saturates.
pub(super) fn count(bits: i64) -> u64 {
    bits.cast_unsigned()
}

/// A row of `tollgate_windows`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) id: i64,
    charged: u64,
    changed: bool,
}

/// A row of `tollgate_holders`, or what will be one.
#[derive(Debug, Clone, Copy)]
struct Holder {
    granted: u64,
    returned: u64,
    ends_at: i64,
    changed: bool,
}

/// A row of `tollgate_holders` to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct HolderRow {
    pub(super) window: i64,
    pub(super) holder: i64,
    pub(super) granted: i64,
    pub(super) returned: i64,
    pub(super) ends_at: i64,
}

/// The claims of one exchange, and the rows that they are about.
///
/// It is filled in two steps, first the windows, under their locks, then their holders, and settled once.
#[derive(Debug)]
pub(super) struct Sheet<'c> {
    claims: &'c [Claim],
    windows: BTreeMap<WindowKey, Option<Window>>,
    holders: BTreeMap<(i64, i64), Holder>,
}

impl<'c> Sheet<'c> {
    pub(super) fn of(claims: &'c [Claim]) -> Self {
        Self {
            claims,
            windows: claims.iter().map(|c| (WindowKey::of(c), None)).collect(),
            holders: BTreeMap::new(),
        }
    }

    /// The windows whose rows are not known yet, in the order of their keys.
    pub(super) fn unknown(&self) -> impl Iterator<Item = &WindowKey> {
        let unknown = |(key, row): (_, &Option<Window>)| row.is_none().then_some(key);
        self.windows.iter().filter_map(unknown)
    }

    /// Takes in a window's row.
    pub(super) fn window(&mut self, key: &WindowKey, id: i64, charged: i64) {
        if let Some(row) = self.windows.get_mut(key) {
            *row = Some(Window {
                id,
                charged: count(charged),
                changed: false,
            });
        }
    }

    /// The holders who claim, as window and holder: known when all windows are.
    pub(super) fn claimants(&mut self) -> Vec<(i64, i64)> {
        for claim in self.claims {
            if let Some(Some(window)) = self.windows.get(&WindowKey::of(claim)) {
                let fresh = Holder {
                    granted: 0,
                    returned: 0,
                    ends_at: instant(claim.end),
                    changed: false,
                };
                let key = (window.id, claim.holder.cast_signed());
                self.holders.entry(key).or_insert(fresh);
            }
        }
        self.holders.keys().copied().collect()
    }

    /// Takes in a holder's row. Who has none was granted nothing yet.
    pub(super) fn holder(&mut self, key: (i64, i64), granted: i64, returned: i64) {
        if let Some(holder) = self.holders.get_mut(&key) {
            holder.granted = count(granted);
            holder.returned = count(returned);
        }
    }

    /// Settles all claims, one after the other. `None` if a window is not known.
    pub(super) fn settle(&mut self) -> Option<Vec<Account>> {
        let (windows, holders) = (&mut self.windows, &mut self.holders);
        let accounts = self.claims.iter().map(|claim| {
            let window = windows.get_mut(&WindowKey::of(claim))?.as_mut()?;
            let holder = holders.get_mut(&(window.id, claim.holder.cast_signed()))?;
            Some(settle(claim, window, holder))
        });
        accounts.collect()
    }

    /// What is to be written to `tollgate_windows`: id and charge.
    pub(super) fn changed_windows(&self) -> impl Iterator<Item = (i64, i64)> {
        let rows = self.windows.values().flatten();
        rows.filter(|row| row.changed)
            .map(|row| (row.id, row.charged.cast_signed()))
    }

    /// What is to be written to `tollgate_holders`.
    pub(super) fn changed_holders(&self) -> impl Iterator<Item = HolderRow> {
        let rows = self.holders.iter().filter(|(_, row)| row.changed);
        rows.map(|(&(window, holder), row)| HolderRow {
            window,
            holder,
            granted: row.granted.cast_signed(),
            returned: row.returned.cast_signed(),
            ends_at: row.ends_at,
        })
    }
}

fn settle(claim: &Claim, window: &mut Window, holder: &mut Holder) -> Account {
    let before = Tally {
        granted: holder.granted,
        returned: holder.returned,
        charged: window.charged,
    };
    let mut tally = before;
    let account = tally.settle(claim);
    if tally != before {
        (window.charged, window.changed) = (tally.charged, true);
        (holder.granted, holder.returned, holder.changed) = (tally.granted, tally.returned, true);
    }
    account
}
