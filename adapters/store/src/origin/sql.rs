//! Statements that are the same in both databases.

/// What a tenant's windows that end after a point in time have charged.
pub(super) const USAGE: &str = "SELECT limit_name, dimension, period, starts_at, ends_at, charged
    FROM tollgate_windows WHERE tenant_id = $1 AND ends_at > $2
    ORDER BY limit_name, dimension, ends_at";

/// Deletes holders of windows that ended before a point in time.
pub(super) const SWEEP_HOLDERS: &str = "DELETE FROM tollgate_holders
    WHERE (window_id, holder) IN
        (SELECT window_id, holder FROM tollgate_holders WHERE ends_at < $1 ORDER BY ends_at LIMIT $2)";

/// Deletes windows that ended before a point in time; those with holders wait until these are gone.
pub(super) const SWEEP_WINDOWS: &str = "DELETE FROM tollgate_windows
    WHERE id IN (SELECT id FROM tollgate_windows w WHERE ends_at < $1
        AND NOT EXISTS (SELECT 1 FROM tollgate_holders h WHERE h.window_id = w.id)
        ORDER BY ends_at LIMIT $2)";
