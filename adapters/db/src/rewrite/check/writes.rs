//! What a statement that writes must hold to: its own rows, and the tenant's column as the last of every new row.

use crate::schema::Access;
use crate::{Dialect, Refused};

use super::clauses::{State, Target, clauses, with};
use super::page::Page;

/// # Errors
/// If it is not narrowed to the tenant's rows, or sets the tenant's column.
pub(super) fn update(
    page: &Page<'_, '_>,
    at: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    let (target, set) = target(page, after_abort(page, at)?)?;
    if !page.word(set, "SET") {
        return Err(page.unverified(set));
    }
    let first = set.saturating_add(1);
    let state = State {
        target: Some(target),
        sets: true,
        narrow: true,
        ..State::default()
    };
    assigned(page, first, &state)?;
    clauses(page, first, end, state, ctes)
}

/// # Errors
/// If it is not narrowed to the tenant's rows.
pub(super) fn delete(
    page: &Page<'_, '_>,
    at: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    let from = at.saturating_add(1);
    if !page.word(from, "FROM") {
        return Err(page.unverified(from));
    }
    let (target, next) = target(page, from.saturating_add(1))?;
    if !(next == end || page.any_word(next, &["USING", "WHERE"])) {
        return Err(page.unverified(next));
    }
    let state = State {
        target: Some(target),
        using: true,
        narrow: true,
        ..State::default()
    };
    clauses(page, next, end, state, ctes)
}

/// # Errors
/// If a new row is not the tenant's.
pub(super) fn insert(
    page: &Page<'_, '_>,
    at: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    let into = after_abort(page, at)?;
    if !page.word(into, "INTO") {
        return Err(page.unverified(into));
    }
    let (mut target, open) = target(page, into.saturating_add(1))?;
    let close = page.end_of(open).ok_or_else(|| page.unverified(open))?;
    // Every other lexeme is a column, between commas.
    let mut columns: Vec<usize> = (open..close).skip(1).step_by(2).collect();
    let separated = (open..close)
        .skip(2)
        .step_by(2)
        .all(|at| page.mark(at, ","));
    let named = columns.iter().all(|at| page.is_name(*at));
    target.columns = columns.len();
    let own = columns.pop();
    let last = own.is_some_and(|at| page.is_column(at, target.column));
    let twice = columns
        .iter()
        .any(|at| page.may_be_column(*at, target.column));
    if !separated || !named || !last || twice {
        return Err(page.unverified(open));
    }
    let mut next = close.saturating_add(1);
    if page.word(next, "OVERRIDING") {
        next = next.saturating_add(3);
    }
    let mark = ctes.len();
    next = with(page, next, end, ctes)?;
    if !page.any_word(next, &["SELECT", "VALUES"]) {
        return Err(page.unverified(next));
    }
    let state = State {
        target: Some(target),
        inserts: true,
        ..State::default()
    };
    clauses(page, next, end, state, ctes)?;
    ctes.truncate(mark);
    Ok(())
}

/// What follows INSERT or UPDATE at `at`: on SQLite after `OR ABORT`, which keeps what the table says of conflicts from
/// reaching other tenants' rows.
///
/// # Errors
/// If it is not there.
fn after_abort(page: &Page<'_, '_>, at: usize) -> Result<usize, Refused> {
    let next = at.saturating_add(1);
    if page.dialect() != Dialect::Sqlite {
        return Ok(next);
    }
    let abort = at.saturating_add(2);
    if page.word(next, "OR") && page.word(abort, "ABORT") {
        Ok(at.saturating_add(3))
    } else {
        Err(page.unverified(next))
    }
}

/// The table to write, and the index after it and its alias.
fn target<'c>(page: &Page<'c, '_>, at: usize) -> Result<(Target<'c>, usize), Refused> {
    let named = page.named(at).ok_or_else(|| page.unverified(at))?;
    let Some(Access::Scoped { column }) = named.access else {
        return Err(page.unverified(at));
    };
    let mut next = named.last.saturating_add(1);
    let explicit = page.word(next, "AS");
    if explicit {
        next = next.saturating_add(1);
    }
    let other = page.is_name(next)
        && !page.any_word(
            next,
            &["SET", "USING", "WHERE", "RETURNING", "ORDER", "LIMIT"],
        );
    let aliased = explicit || other;
    let target = Target {
        qualifier: if aliased { next } else { named.last },
        column,
        columns: 0,
    };
    Ok((
        target,
        if aliased {
            next.saturating_add(1)
        } else {
            next
        },
    ))
}

/// The column, or columns, that `at` begins to set.
///
/// # Errors
/// If one of them could be the tenant's.
pub(super) fn assigned(page: &Page<'_, '_>, at: usize, state: &State<'_>) -> Result<(), Refused> {
    let Some(target) = &state.target else {
        return Err(page.unverified(at));
    };
    let end = (at..page.len()).find(|index| page.mark(*index, "="));
    let end = end.ok_or_else(|| page.unverified(at))?;
    if (at..end).any(|index| page.may_be_column(index, target.column)) {
        return Err(page.unverified(at));
    }
    Ok(())
}

/// The rows of VALUES from `at`; gives the index after them. Their expressions are read by the caller of this all the same:
/// this is about their ends.
///
/// # Errors
/// If one of them has not as many values as there are columns, or does not end with the tenant.
pub(super) fn rows(page: &Page<'_, '_>, at: usize, state: &State<'_>) -> Result<usize, Refused> {
    let columns = state.target.as_ref().map_or(0, |target| target.columns);
    let mut open = at;
    loop {
        let close = page.end_of(open).ok_or_else(|| page.unverified(open))?;
        let mut values = 1_usize;
        let mut index = open.saturating_add(1);
        while index < close {
            if page.mark(index, ",") {
                values = values.saturating_add(1);
            }
            index = page.end_of(index).unwrap_or(index).saturating_add(1);
        }
        if values != columns || !ends_with_tenant(page, close) {
            return Err(page.unverified(open));
        }
        let comma = close.saturating_add(1);
        if !page.mark(comma, ",") {
            return Ok(at);
        }
        open = comma.saturating_add(1);
    }
}

/// A list of what is inserted ends before `at`.
///
/// # Errors
/// If the tenant is not its last item.
pub(super) fn items_end(
    page: &Page<'_, '_>,
    at: usize,
    state: &mut State<'_>,
) -> Result<(), Refused> {
    if state.items && !ends_with_tenant(page, at) {
        return Err(page.unverified(at));
    }
    state.items = false;
    Ok(())
}

/// Whether the last item before `end` is the tenant's placeholder and nothing else.
fn ends_with_tenant(page: &Page<'_, '_>, end: usize) -> bool {
    let before = end.saturating_sub(2);
    page.is_tenant(end.saturating_sub(1))
        && (page.mark(before, ",") || page.mark(before, "(") || page.word(before, "SELECT"))
}

/// What follows UNION, INTERSECT or EXCEPT where rows are inserted; gives the index of it.
///
/// # Errors
/// If it is not a plain arm, whose items are looked at.
pub(super) fn next_arm(page: &Page<'_, '_>, at: usize) -> Result<usize, Refused> {
    let mut arm = at;
    if page.any_word(arm, &["ALL", "DISTINCT"]) {
        arm = arm.saturating_add(1);
    }
    if page.any_word(arm, &["SELECT", "VALUES"]) {
        Ok(arm)
    } else {
        Err(page.unverified(arm))
    }
}

/// `ON CONFLICT (columns)` at `at`; gives the index after it.
///
/// # Errors
/// If the tenant's column is not among the columns, or the upsert is of another kind.
pub(super) fn conflict<'c>(
    page: &Page<'c, '_>,
    at: usize,
    state: &mut State<'c>,
) -> Result<usize, Refused> {
    let open = at.saturating_add(2);
    let close = page.end_of(open).ok_or_else(|| page.unverified(at))?;
    let Some(target) = state.target.as_ref().filter(|_| state.inserts) else {
        return Err(page.unverified(at));
    };
    let own = (open..close).any(|index| page.is_column(index, target.column));
    if !own || !page.word(at.saturating_add(1), "CONFLICT") {
        return Err(page.unverified(at));
    }
    state.inserts = false;
    state.conflicts = true;
    Ok(close.saturating_add(1))
}

/// `DO NOTHING` or `DO UPDATE SET` at `at`, after [`conflict`]; gives the index after it.
///
/// # Errors
/// If it is neither, or sets the tenant's column.
pub(super) fn resolution<'c>(
    page: &Page<'c, '_>,
    at: usize,
    state: &mut State<'c>,
) -> Result<usize, Refused> {
    let next = at.saturating_add(1);
    let set = at.saturating_add(2);
    state.conflicts = false;
    if page.word(next, "NOTHING") {
        return Ok(set);
    }
    if !(page.word(next, "UPDATE") && page.word(set, "SET")) {
        return Err(page.unverified(next));
    }
    state.sets = true;
    state.narrow = true;
    let first = set.saturating_add(1);
    assigned(page, first, state)?;
    Ok(first)
}
