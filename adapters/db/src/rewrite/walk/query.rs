//! Queries, set operations, LIMIT and locks.

use std::mem;

use sqlparser::ast::{
    Fetch, LimitClause, LockClause, LockType, NonBlock, ObjectName, ObjectNamePart, Offset,
    OffsetRows, Parens, Query, SetExpr, SetOperator, SetQuantifier, Values,
};

use crate::{Dialect, Reason, Refused};

use super::super::context::Context;
use super::super::dml;
use super::{absent, exprs, never, optional, with};

/// Scopes a query: every tenant's table in it becomes the tenant's rows.
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
    absent(for_clause.as_ref())?;
    never(settings.is_some(), "SETTINGS")?;
    absent(format_clause.as_ref())?;
    absent(pipe_operators.first())?;
    let tables = context.mark_tables();
    context.depth = context.depth.saturating_add(1);
    with::with(with.as_mut(), context, |context| {
        let outer = mem::take(&mut context.locks);
        for lock in locks.iter() {
            self::lock(lock, context)?;
        }
        // Elsewhere the lock of a query reaches into its sub-selects.
        if context.dialect() == Dialect::MySql {
            context.locks.clone_from(locks);
        }
        body_of(body, context)?;
        context.locks = outer;
        if let Some(order_by) = order_by {
            super::order_by(order_by, context)?;
        }
        if let Some(limit) = limit_clause {
            self::limit(limit, context)?;
        }
        if let Some(fetch) = fetch {
            self::fetch(fetch, context)?;
        }
        Ok(())
    })?;
    context.depth = context.depth.saturating_sub(1);
    context.leave_tables(tables);
    Ok(())
}

fn body_of(body: &mut SetExpr, context: &mut Context<'_>) -> Result<(), Refused> {
    match body {
        SetExpr::Select(select) => super::select::select(select, context),
        SetExpr::Query(inner) => query(inner, context),
        SetExpr::SetOperation {
            left,
            op,
            set_quantifier,
            right,
        } => {
            context.set_operation()?;
            match op {
                SetOperator::Union | SetOperator::Except | SetOperator::Intersect => {}
                SetOperator::Minus => return Err(Refused::new(Reason::Clause, "MINUS")),
            }
            match set_quantifier {
                SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                SetQuantifier::ByName
                | SetQuantifier::AllByName
                | SetQuantifier::DistinctByName => {
                    return Err(Refused::new(Reason::Clause, set_quantifier));
                }
            }
            body_of(left, context)?;
            body_of(right, context)
        }
        SetExpr::Values(values) => self::values(values, context),
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            // `WITH … DELETE`; within a CTE, PostgreSQL alone has it.
            if context.depth > 1 && context.dialect() != Dialect::PostgreSql {
                return Err(Refused::new(Reason::Statement, statement));
            }
            context.write();
            dml::statement(statement, context)
        }
        SetExpr::Merge(statement) => Err(Refused::new(Reason::Statement, statement)),
        SetExpr::Table(table) => Err(Refused::new(Reason::Clause, table)),
    }
}

/// Scopes the sub-selects in rows of values.
pub(crate) fn values(values: &mut Values, context: &mut Context<'_>) -> Result<(), Refused> {
    let Values {
        explicit_row: _,
        value_keyword: _,
        rows,
    } = values;
    for row in rows {
        let Parens {
            opening_token: _,
            content,
            closing_token: _,
        } = row;
        exprs(content, context)?;
    }
    Ok(())
}

/// Scopes the sub-selects in LIMIT and OFFSET.
pub(crate) fn limit(limit: &mut LimitClause, context: &mut Context<'_>) -> Result<(), Refused> {
    match limit {
        LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        } => {
            never(!limit_by.is_empty(), "LIMIT BY")?;
            optional(limit.as_mut(), context)?;
            match offset {
                None => Ok(()),
                Some(Offset { value, rows }) => {
                    match rows {
                        OffsetRows::None | OffsetRows::Row | OffsetRows::Rows => {}
                    }
                    super::expr(value, context)
                }
            }
        }
        LimitClause::OffsetCommaLimit { offset, limit } => {
            super::expr(offset, context)?;
            super::expr(limit, context)
        }
    }
}

fn fetch(fetch: &mut Fetch, context: &mut Context<'_>) -> Result<(), Refused> {
    let Fetch {
        with_ties: _,
        percent,
        quantity,
    } = fetch;
    never(*percent, "FETCH … PERCENT")?;
    optional(quantity.as_mut(), context)
}

/// FOR UPDATE and FOR SHARE. What comes behind OF is an alias: tables keep theirs.
fn lock(lock: &LockClause, context: &mut Context<'_>) -> Result<(), Refused> {
    let LockClause {
        lock_type,
        of,
        nonblock,
    } = lock;
    let refused = || Err(Refused::new(Reason::Clause, lock));
    match lock_type {
        LockType::Share | LockType::Update => {}
    }
    match nonblock {
        None | Some(NonBlock::Nowait | NonBlock::SkipLocked) => {}
    }
    match (context.dialect(), of) {
        (Dialect::PostgreSql | Dialect::MySql, None) => Ok(()),
        // The lock of MySQL moves into the sub-selects, which have no such alias.
        (Dialect::Sqlite, _) | (Dialect::MySql, Some(_)) => refused(),
        (Dialect::PostgreSql, Some(ObjectName(parts))) => match parts.as_slice() {
            [ObjectNamePart::Identifier(alias)] => context.ident(alias),
            _ => refused(),
        },
    }
}
