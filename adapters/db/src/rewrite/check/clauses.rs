//! The clauses of a statement in the order of the text: in each place where a table can stand, is it one that may?

use crate::schema::Access;
use crate::{Dialect, Refused};

use super::forms::{is_cte, is_substitution, narrowed};
use super::page::Page;
use super::writes;

/// Words that end a list of tables.
const AFTER_TABLES: &[&str] = &[
    "WHERE",
    "GROUP",
    "HAVING",
    "ORDER",
    "LIMIT",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
];
/// Words that end a list of what is selected.
const AFTER_ITEMS: &[&str] = &[
    "FROM",
    "WHERE",
    "GROUP",
    "HAVING",
    "WINDOW",
    "ORDER",
    "LIMIT",
    "OFFSET",
    "FETCH",
    "FOR",
    "UNION",
    "INTERSECT",
    "EXCEPT",
    "ON",
    "RETURNING",
];
/// Words that begin a query, or a statement in a CTE.
pub(super) const BEGINNINGS: &[&str] = &["SELECT", "WITH", "VALUES", "INSERT", "UPDATE", "DELETE"];
/// Functions that have a FROM of their own among their arguments.
const WITH_FROM: &[&str] = &["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY"];

/// What a statement that writes must hold to.
#[derive(Debug, Clone)]
pub(super) struct Target<'c> {
    /// The index of what it calls its table.
    pub(super) qualifier: usize,
    /// The column that says whose a row is.
    pub(super) column: &'c str,
    /// How many columns an INSERT names, the tenant's included.
    pub(super) columns: usize,
}

/// Where in a clause the reading stands.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct State<'c> {
    /// Commas and joins bring tables.
    pub(super) tables: bool,
    /// A table must come next.
    pub(super) expected: bool,
    /// FROM belongs to a function.
    pub(super) own_from: bool,
    /// The table that is written.
    pub(super) target: Option<Target<'c>>,
    /// USING brings tables.
    pub(super) using: bool,
    /// Commas bring columns to set.
    pub(super) sets: bool,
    /// A WHERE must come, and narrow to the tenant's rows.
    pub(super) narrow: bool,
    /// What is selected is inserted.
    pub(super) inserts: bool,
    /// A list of what is inserted has begun.
    pub(super) items: bool,
    /// What to do on a conflict must come.
    pub(super) conflicts: bool,
}

/// Reads what stands between two brackets, or the whole.
///
/// # Errors
/// If a table stands where it may not.
pub(super) fn within(
    page: &Page<'_, '_>,
    start: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    let mark = ctes.len();
    let start = with(page, start, end, ctes)?;
    if page.word(start, "INSERT") && !page.mark(start.saturating_add(1), "(") {
        writes::insert(page, start, end, ctes)?;
    } else if page.word(start, "UPDATE") {
        writes::update(page, start, end, ctes)?;
    } else if page.word(start, "DELETE") {
        writes::delete(page, start, end, ctes)?;
    } else {
        clauses(page, start, end, State::default(), ctes)?;
    }
    ctes.truncate(mark);
    Ok(())
}

/// Reads a WITH, if there is one; its names stay in `ctes`. Gives the index after it.
///
/// # Errors
/// As [`within`]; also if a CTE has not the usual form.
pub(super) fn with(
    page: &Page<'_, '_>,
    start: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<usize, Refused> {
    if !page.word(start, "WITH") {
        return Ok(start);
    }
    let mut at = start.saturating_add(1);
    let recursive = page.word(at, "RECURSIVE");
    if recursive {
        at = at.saturating_add(1);
    }
    let mut found = Vec::new();
    loop {
        let name = page.folded(at).ok_or_else(|| page.unverified(at))?;
        at = at.saturating_add(1);
        if let Some(columns) = page.end_of(at) {
            at = columns.saturating_add(1);
        }
        if !page.word(at, "AS") {
            return Err(page.unverified(at));
        }
        at = at.saturating_add(1);
        while page.any_word(at, &["NOT", "MATERIALIZED"]) {
            at = at.saturating_add(1);
        }
        let close = page.end_of(at).ok_or_else(|| page.unverified(at))?;
        found.push((name, at.saturating_add(1), close));
        at = close.saturating_add(1);
        if at >= end || !page.mark(at, ",") {
            break;
        }
        at = at.saturating_add(1);
    }
    let dialect = page.dialect();
    for (body, (_, from, to)) in found.iter().enumerate() {
        let mark = ctes.len();
        for (index, (name, _, _)) in found.iter().enumerate() {
            let visible = match dialect {
                Dialect::PostgreSql => recursive || index < body,
                Dialect::Sqlite => true,
                Dialect::MySql => index < body || (recursive && index == body),
            };
            if visible {
                ctes.push(name.clone());
            }
        }
        within(page, *from, *to, ctes)?;
        ctes.truncate(mark);
    }
    ctes.extend(found.into_iter().map(|(name, _, _)| name));
    Ok(at)
}

/// Reads clauses from `start` to `end`, brackets and all.
///
/// # Errors
/// As [`within`]; also if a statement that writes is not narrowed to the tenant's rows.
pub(super) fn clauses<'c>(
    page: &Page<'c, '_>,
    start: usize,
    end: usize,
    mut state: State<'c>,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    let mut at = start;
    while at < end {
        if state.expected {
            at = relation(page, at, end, ctes)?;
            state.expected = false;
            continue;
        }
        if let Some(close) = page.end_of(at) {
            brackets(page, at, close, ctes)?;
            at = close.saturating_add(1);
            continue;
        }
        // What follows these is a name, whatever it looks like.
        let named = page.mark(at, ".") || page.word(at, "AS");
        if named && page.is_name(at.saturating_add(1)) {
            at = at.saturating_add(2);
            continue;
        }
        at = clause(page, at, end, &mut state)?;
    }
    writes::items_end(page, end, &mut state)?;
    if state.expected || state.narrow || state.conflicts {
        return Err(page.unverified(end));
    }
    Ok(())
}

/// One word or mark; gives the index after it.
fn clause<'c>(
    page: &Page<'c, '_>,
    at: usize,
    end: usize,
    state: &mut State<'c>,
) -> Result<usize, Refused> {
    let next = at.saturating_add(1);
    let before = at.saturating_sub(1);
    if page.any_word(at, AFTER_ITEMS) && !is_distinct_from(page, at) {
        writes::items_end(page, at, state)?;
    }
    if page.mark(at, ",") {
        state.expected = state.tables;
        if state.sets {
            writes::assigned(page, next, state)?;
        }
    } else if page.word(at, "FROM") {
        if !state.own_from && !is_distinct_from(page, at) {
            state.sets = false;
            state.tables = true;
            state.expected = true;
        }
    } else if page.any_word(at, &["JOIN", "STRAIGHT_JOIN"]) {
        state.expected = true;
    } else if page.word(at, "USING") && state.using {
        state.using = false;
        state.tables = true;
        state.expected = true;
    } else if page.word(at, "ON") && page.any_word(next, &["CONFLICT", "DUPLICATE"]) {
        state.tables = false;
        return writes::conflict(page, at, state);
    } else if page.word(at, "DO") && state.conflicts {
        return writes::resolution(page, at, state);
    } else if page.word(at, "RETURNING") && state.target.is_some() {
        state.tables = false;
        state.sets = false;
    } else if page.word(at, "WHERE") && state.narrow {
        if let Some(target) = &state.target {
            narrowed(page, at, end, target.qualifier, target.column)?;
        }
        state.narrow = false;
        state.sets = false;
        state.tables = false;
    } else if page.any_word(at, AFTER_TABLES) || begins_window(page, at) {
        state.tables = false;
        state.sets = false;
        if state.inserts && page.any_word(at, &["UNION", "INTERSECT", "EXCEPT"]) {
            return writes::next_arm(page, next);
        }
    } else if page.word(at, "SELECT") {
        state.items = state.inserts;
    } else if page.word(at, "VALUES") && state.inserts && state.target.is_some() {
        return writes::rows(page, next, state);
    } else if page.word(at, "UPDATE") {
        if !page.any_word(before, &["FOR", "KEY"]) {
            return Err(page.unverified(at));
        }
    } else if page.any_word(at, &["INTO", "TABLE", "DELETE", "MERGE"])
        || (page.word(at, "INSERT") && !page.mark(next, "("))
    {
        return Err(page.unverified(at));
    }
    Ok(next)
}

/// `IS DISTINCT FROM`, which brings no table.
fn is_distinct_from(page: &Page<'_, '_>, at: usize) -> bool {
    page.word(at, "FROM")
        && page.word(at.saturating_sub(1), "DISTINCT")
        && page.any_word(at.saturating_sub(2), &["IS", "NOT"])
}

/// `WINDOW w AS (`: elsewhere the word can be a name.
fn begins_window(page: &Page<'_, '_>, at: usize) -> bool {
    page.word(at, "WINDOW")
        && page.is_name(at.saturating_add(1))
        && page.word(at.saturating_add(2), "AS")
        && page.mark(at.saturating_add(3), "(")
}

/// What stands in brackets where no table is expected. The tenant's rows may stand anywhere.
fn brackets(
    page: &Page<'_, '_>,
    open: usize,
    close: usize,
    ctes: &mut Vec<String>,
) -> Result<(), Refused> {
    if is_substitution(page, open, close, ctes) {
        return Ok(());
    }
    let start = open.saturating_add(1);
    let function = page.any_word(open.saturating_sub(1), WITH_FROM);
    if function && !page.any_word(start, BEGINNINGS) {
        let state = State {
            own_from: true,
            ..State::default()
        };
        return clauses(page, start, close, state, ctes);
    }
    within(page, start, close, ctes)
}

/// A table, a sub-select, a function or a join in brackets; gives the index after it, before its alias.
fn relation(
    page: &Page<'_, '_>,
    start: usize,
    end: usize,
    ctes: &mut Vec<String>,
) -> Result<usize, Refused> {
    let lateral = page.word(start, "LATERAL");
    let at = if lateral {
        start.saturating_add(1)
    } else {
        start
    };
    if at >= end || page.word(at, "ONLY") {
        return Err(page.unverified(at));
    }
    if let Some(close) = page.end_of(at) {
        if !is_substitution(page, at, close, ctes) {
            let inner = at.saturating_add(1);
            if page.any_word(inner, BEGINNINGS) {
                within(page, inner, close, ctes)?;
            } else {
                let state = State {
                    tables: true,
                    expected: true,
                    ..State::default()
                };
                clauses(page, inner, close, state, ctes)?;
            }
        }
        return Ok(close.saturating_add(1));
    }
    let named = page.named(at).ok_or_else(|| page.unverified(at))?;
    let next = named.last.saturating_add(1);
    let cte = named.bare && is_cte(page, named.last, ctes);
    if let Some(close) = page.end_of(next) {
        // A function: whether it may be called is not for a second reading to say, but it must be no table.
        if cte || named.access.is_some() {
            return Err(page.unverified(at));
        }
        brackets(page, next, close, ctes)?;
        return Ok(close.saturating_add(1));
    }
    match named.access {
        _ if cte => Ok(next),
        Some(Access::Shared) => Ok(next),
        Some(Access::Scoped { .. }) | None => Err(page.unverified(at)),
    }
}
