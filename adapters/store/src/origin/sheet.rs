//! The rows that one exchange reads, settles and writes; no I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tollgate::{Account, Claim, Dimension, Period, Tally, TenantId, Timestamp};

use super::heritage::heritage;

/// Which window a claim is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WindowKey {
    pub(super) tenant: TenantId,
    pub(super) limit: Arc<str>,
    pub(super) dimension: Dimension,
    pub(super) ends_at: i64,
    pub(super) period: &'static str,
    pub(super) starts_at: i64,
}

impl WindowKey {
    fn of(claim: &Claim) -> Self {
        Self {
            tenant: claim.tenant.clone(),
            limit: Arc::clone(&claim.limit),
            dimension: claim.dimension.clone(),
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

/// The period of that name.
pub(super) fn period(name: &str) -> Option<Period> {
    let periods = [Period::Minute, Period::Hour, Period::Day, Period::Month];
    periods.into_iter().find(|known| known.as_str() == name)
}

/// A row of `tollgate_windows`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) id: i64,
    pub(super) charged: u64,
    /// What of that was charged to windows of other periods.
    pub(super) inherited: u64,
    changed: bool,
}

/// Of a window that somebody's inheritance depends on: id, period, start, end, charge, what it has inherited.
pub(super) type RelativeRow = (i64, String, i64, i64, i64, i64);

/// The windows of an exchange; those without a row are not known yet.
pub(super) type Windows = BTreeMap<WindowKey, Option<Window>>;

impl Window {
    fn of(id: i64, charged: i64, inherited: i64) -> Self {
        Self {
            id,
            charged: count(charged),
            inherited: count(inherited),
            changed: false,
        }
    }

    /// Has it inherit so much in all, if that is more than it has.
    fn inherit(&mut self, inheritance: u64) {
        let more = inheritance.saturating_sub(self.inherited);
        if more > 0 {
            self.inherited = inheritance;
            self.charged = self.charged.saturating_add(more);
            self.changed = true;
        }
    }
}

/// A row of `tollgate_holders`, or what will be one.
#[derive(Debug, Clone, Copy)]
struct Holder {
    granted: u64,
    returned: u64,
    ends_at: i64,
    /// Whether it has no row and has not claimed yet.
    fresh: bool,
    changed: bool,
}

/// A row of `tollgate_windows` to write.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowRow {
    pub(super) id: i64,
    pub(super) charged: i64,
    pub(super) inherited: i64,
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
/// It is filled in three steps, first the windows, under their locks, then their holders, then what windows with fresh
/// holders may inherit from, and settled once.
#[derive(Debug)]
pub(super) struct Sheet<'c> {
    claims: &'c [Claim],
    windows: Windows,
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
    pub(super) fn window(&mut self, key: &WindowKey, id: i64, charged: i64, inherited: i64) {
        if let Some(row) = self.windows.get_mut(key) {
            *row = Some(Window::of(id, charged, inherited));
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
                    fresh: true,
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
            holder.fresh = false;
        }
    }

    /// The windows that are claimed of by fresh holders: each change of a limit's period makes such, so that these may
    /// have something to inherit. Known when all holders are.
    pub(super) fn heirs(&self) -> Vec<WindowKey> {
        let fresh = self.holders.iter().filter(|(_, holder)| holder.fresh);
        let ids: BTreeSet<i64> = fresh.map(|((window, _), _)| *window).collect();
        let heirs = self.windows.iter().filter_map(|(key, row)| {
            let heir = row.is_some_and(|row| ids.contains(&row.id));
            heir.then(|| key.clone())
        });
        heirs.collect()
    }

    /// Takes in the row of a window of the same limit as an heir. One that is claimed of itself is known already.
    pub(super) fn relative(&mut self, heir: &WindowKey, row: RelativeRow) {
        let (id, named, starts_at, ends_at, charged, inherited) = row;
        let Some(period) = period(&named) else {
            return;
        };
        let key = WindowKey {
            ends_at,
            period: period.as_str(),
            starts_at,
            ..heir.clone()
        };
        let row = self.windows.entry(key).or_default();
        row.get_or_insert(Window::of(id, charged, inherited));
    }

    /// Settles all claims, one after the other. `None` if a window is not known.
    pub(super) fn settle(&mut self) -> Option<Vec<Account>> {
        let (windows, holders) = (&mut self.windows, &mut self.holders);
        let accounts = self.claims.iter().map(|claim| {
            let key = WindowKey::of(claim);
            let id = windows.get(&key)?.as_ref()?.id;
            let holder = holders.get_mut(&(id, claim.holder.cast_signed()))?;
            let fresh = std::mem::take(&mut holder.fresh);
            let inheritance = if fresh { heritage(windows, &key) } else { 0 };
            let window = windows.get_mut(&key)?.as_mut()?;
            window.inherit(inheritance);
            Some(settle(claim, window, holder))
        });
        accounts.collect()
    }

    /// What is to be written to `tollgate_windows`.
    pub(super) fn changed_windows(&self) -> impl Iterator<Item = WindowRow> {
        let rows = self.windows.values().flatten();
        rows.filter(|row| row.changed).map(|row| WindowRow {
            id: row.id,
            charged: row.charged.cast_signed(),
            inherited: row.inherited.cast_signed(),
        })
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
