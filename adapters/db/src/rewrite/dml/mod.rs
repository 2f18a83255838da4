//! What becomes of INSERT, UPDATE and DELETE: they write the tenant's rows, and no others.

mod delete;
mod insert;
mod source;
mod target;
mod update;
mod upsert;

use sqlparser::ast::{
    OrderBy, OrderByExpr, OrderByKind, Query, SetExpr, SqliteOnConflict, Statement,
};

use crate::{Dialect, Reason, Refused};

use super::context::Context;
use super::walk;

/// Scopes a statement that writes, also as the body of a CTE.
///
/// # Errors
/// If it is not known to be safe.
pub(crate) fn statement(
    statement: &mut Statement,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    context.write();
    let tables = context.mark_tables();
    if let Statement::Insert(insert) = statement {
        insert::insert(insert, context)?;
    } else if let Statement::Update(update) = statement {
        update::update(update, context)?;
    } else if let Statement::Delete(delete) = statement {
        delete::delete(delete, context)?;
    } else {
        return Err(Refused::new(Reason::Statement, statement));
    }
    context.leave_tables(tables);
    Ok(())
}

/// Scopes a query, or a statement that writes with a WITH before it: the parser takes that for a query.
///
/// # Errors
/// If it is not known to be safe.
pub(crate) fn query(query: &mut Query, context: &mut Context<'_>) -> Result<(), Refused> {
    let Query {
        with,
        body,
        order_by,
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    let (SetExpr::Insert(writes) | SetExpr::Update(writes) | SetExpr::Delete(writes)) =
        body.as_mut()
    else {
        return walk::query(query, context);
    };
    let more = order_by.is_some()
        || limit_clause.is_some()
        || fetch.is_some()
        || !locks.is_empty()
        || for_clause.is_some()
        || settings.is_some()
        || format_clause.is_some()
        || !pipe_operators.is_empty();
    refuse(more, "a clause after a statement that writes")?;
    walk::with(with.as_mut(), context, |context| statement(writes, context))
}

/// Refuses a clause if it is there.
fn refuse(there: bool, clause: &'static str) -> Result<(), Refused> {
    if there {
        return Err(Refused::new(Reason::Clause, clause));
    }
    Ok(())
}

/// What a row does that is in the way of another by a unique key: it stops the statement.
///
/// SQLite's tables can say otherwise, as `slug TEXT UNIQUE ON CONFLICT REPLACE` does: the row goes, whosever it is. A
/// statement's own word comes before the table's.
fn on_conflict(dialect: Dialect) -> Option<SqliteOnConflict> {
    match dialect {
        Dialect::Sqlite => Some(SqliteOnConflict::Abort),
        Dialect::PostgreSql | Dialect::MySql => None,
    }
}

/// Scopes the ORDER BY of an UPDATE or a DELETE.
fn order_by(list: &mut Vec<OrderByExpr>, context: &mut Context<'_>) -> Result<(), Refused> {
    if list.is_empty() {
        return Ok(());
    }
    let mut whole = OrderBy {
        kind: OrderByKind::Expressions(std::mem::take(list)),
        interpolate: None,
    };
    walk::order_by(&mut whole, context)?;
    if let OrderByKind::Expressions(walked) = whole.kind {
        *list = walked;
    }
    Ok(())
}
