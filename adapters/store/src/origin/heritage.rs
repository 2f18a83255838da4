//! What a window takes over from windows of other periods of the same limit; no I/O.

use super::sheet::{Window, WindowKey, Windows};

/// What was charged to a limit when it counted by other periods, in windows that overlap this one, less what other
/// windows of its period have taken over of that: a limit that is changed keeps its usage, once.
///
/// A window without charges of its own has given nothing to anybody: who overlaps only such ones took over
/// something else.
///
/// # Complexity
/// O(windows of the limit · overlapping ones that inherit).
pub(super) fn heritage(windows: &Windows, heir: &WindowKey) -> u64 {
    let own_id = windows.get(heir).and_then(|row| row.map(|row| row.id));
    let others: Vec<_> = of_the_limit(windows, heir)
        .filter(|(key, row)| key.period != heir.period && overlap(key, heir) && own(row) > 0)
        .collect();
    let all = others
        .iter()
        .fold(0_u64, |sum, (_, row)| sum.saturating_add(own(row)));
    let siblings = of_the_limit(windows, heir).filter(|(key, row)| {
        let is_sibling = key.period == heir.period && Some(row.id) != own_id;
        is_sibling && row.inherited > 0 && others.iter().any(|(other, _)| overlap(key, other))
    });
    siblings.fold(all, |left, (_, row)| left.saturating_sub(row.inherited))
}

/// What was charged to a window by itself.
fn own(window: &Window) -> u64 {
    window.charged.saturating_sub(window.inherited)
}

fn overlap(one: &WindowKey, other: &WindowKey) -> bool {
    one.starts_at < other.ends_at && other.starts_at < one.ends_at
}

/// The windows of the same tenant, limit and dimension.
fn of_the_limit<'w>(
    windows: &'w Windows,
    heir: &'w WindowKey,
) -> impl Iterator<Item = (&'w WindowKey, &'w Window)> {
    let first = WindowKey {
        ends_at: i64::MIN,
        period: "",
        starts_at: i64::MIN,
        ..heir.clone()
    };
    let limit = |key: &'w WindowKey| (&key.tenant, &key.limit, &key.dimension);
    windows
        .range(first..)
        .take_while(move |(key, _)| limit(key) == limit(heir))
        .filter_map(|(key, row)| row.as_ref().map(|row| (key, row)))
}
