//! Where rows begin and end, and for how long they count: a shape's answers to a node, in nanoseconds.

use crate::cluster::Shape;

use super::server_clock::nanos;

/// A bucket's store remembers so many rows before the one that its clock stands in.
const OLD_ROWS: u64 = 3;

/// In which row the store's clock stands.
pub(super) fn row_at(shape: Shape, time: u64) -> u64 {
    match shape {
        Shape::Sliding { step, .. } | Shape::Bucket { step, .. } => {
            time.checked_div(nanos(step)).unwrap_or(0)
        }
        Shape::Calendar { start, .. } => start,
        Shape::Concurrency { .. } => 0,
    }
}

/// When a row begins by the store's clock, when it ends, and when the one after that does.
pub(super) fn bounds_of(shape: Shape, epoch: u64) -> (u64, u64) {
    match shape {
        Shape::Sliding { step, .. } | Shape::Bucket { step, .. } => {
            let start = epoch.saturating_mul(nanos(step));
            (start, start.saturating_add(nanos(step)))
        }
        Shape::Calendar { start, end } => (nanos(start), nanos(end)),
        Shape::Concurrency { .. } => (0, u64::MAX),
    }
}

/// From when to when, exclusive, a row may be spent.
pub(super) fn span_of(shape: Shape, epoch: u64) -> (u64, u64) {
    let (start, end) = shape.span(epoch);
    (nanos(start), nanos(end))
}

/// From when on a row no longer counts.
pub(super) fn counts_until(shape: Shape, epoch: u64) -> u64 {
    let after = |rows: u64| bounds_of(shape, epoch.saturating_add(rows)).0;
    match shape {
        Shape::Sliding { rows, .. } => after(rows),
        Shape::Bucket { .. } => after(OLD_ROWS.saturating_add(1)),
        Shape::Calendar { start, end } if epoch == start => nanos(end),
        // Another period than the one that the node is in.
        Shape::Calendar { .. } => 0,
        Shape::Concurrency { .. } => u64::MAX,
    }
}

/// Whether what is left of a row can be asked for ahead of it.
pub(super) fn has_next_rows(shape: Shape) -> bool {
    match shape {
        Shape::Sliding { .. } | Shape::Bucket { .. } => true,
        Shape::Calendar { .. } | Shape::Concurrency { .. } => false,
    }
}

/// Whether rows of the one are rows of the other: another period of the same calendar, or another time to live.
///
/// Periods of one calendar have no time in common, and those of two that meet always have.
pub(super) fn is_same_grid(one: Shape, other: Shape) -> bool {
    match (one, other) {
        (
            Shape::Calendar { start, end },
            Shape::Calendar {
                start: begins,
                end: ends,
            },
        ) => one == other || end <= begins || ends <= start,
        (Shape::Concurrency { .. }, Shape::Concurrency { .. }) => true,
        _ => one == other,
    }
}

/// The most that can be had at once.
pub(super) fn whole(shape: Option<Shape>, capacity: u64) -> u64 {
    match shape {
        Some(Shape::Bucket { level, .. }) => level,
        _ => capacity,
    }
}
