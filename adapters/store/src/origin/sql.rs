//! Statements that are the same in both databases.

use super::sheet::count;

/// The windows of other periods that overlap this one.
pub(super) const OVERLAPPING: &str = "SELECT charged, inherited FROM tollgate_windows
    WHERE tenant_id = $1 AND limit_name = $2 AND ends_at > $3 AND starts_at < $4 AND period <> $5";

/// What a tenant's windows that end after a point in time have charged.
pub(super) const USAGE: &str = "SELECT limit_name, period, starts_at, ends_at, charged
    FROM tollgate_windows WHERE tenant_id = $1 AND ends_at > $2 ORDER BY limit_name, ends_at";

/// Deletes holders of windows that ended before a point in time.
pub(super) const SWEEP_HOLDERS: &str = "DELETE FROM tollgate_holders
    WHERE (window_id, holder) IN
        (SELECT window_id, holder FROM tollgate_holders WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)";

/// Deletes windows that ended before a point in time; those with holders wait until these are gone.
pub(super) const SWEEP_WINDOWS: &str = "DELETE FROM tollgate_windows
    WHERE id IN (SELECT id FROM tollgate_windows w WHERE ends_at < $1
        AND NOT EXISTS (SELECT 1 FROM tollgate_holders h WHERE h.window_id = w.id)
        ORDER BY ends_at LIMIT $2)";

/// What windows have charged by themselves, given what each has charged and inherited; as the tables hold it.
pub(super) fn inheritance(windows: &[(i64, i64)]) -> i64 {
    let add = |sum: u64, (charged, inherited): &(i64, i64)| {
        sum.saturating_add(count(*charged).saturating_sub(count(*inherited)))
    };
    windows.iter().fold(0, add).cast_signed()
}
