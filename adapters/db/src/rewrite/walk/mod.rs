//! The walk through everything that reads: each part of the tree is visited, or refused.

use sqlparser::ast::{Expr, OrderBy, Query, SelectItem, TableWithJoins, With};

use crate::{Reason, Refused};

use super::context::Context;

/// Scopes a query: every tenant's table in it becomes the tenant's rows.
///
/// # Errors
/// If it holds anything that is not known to be safe; so do all of this module.
pub(crate) fn query(query: &mut Query, _context: &mut Context<'_>) -> Result<(), Refused> {
    Err(Refused::new(Reason::Statement, query))
}

/// Scopes the queries within an expression.
pub(crate) fn expr(expr: &mut Expr, _context: &mut Context<'_>) -> Result<(), Refused> {
    Err(Refused::new(Reason::Expression, expr))
}

/// Scopes the list of FROM, of DELETE's USING or of UPDATE's FROM.
pub(crate) fn tables(
    tables: &mut [TableWithJoins],
    _context: &mut Context<'_>,
) -> Result<(), Refused> {
    match tables.first() {
        None => Ok(()),
        Some(table) => Err(Refused::new(Reason::Relation, table)),
    }
}

/// Scopes the list of SELECT or of RETURNING.
pub(crate) fn select_items(
    items: &mut [SelectItem],
    _context: &mut Context<'_>,
) -> Result<(), Refused> {
    match items.first() {
        None => Ok(()),
        Some(item) => Err(Refused::new(Reason::Expression, item)),
    }
}

/// Scopes an ORDER BY, that of a query or of an UPDATE or DELETE.
pub(crate) fn order_by(order_by: &mut OrderBy, _context: &mut Context<'_>) -> Result<(), Refused> {
    Err(Refused::new(Reason::Clause, order_by))
}

/// Scopes a WITH, and does `inside` with its CTEs in scope.
pub(crate) fn with<'a, T>(
    with: Option<&mut With>,
    context: &mut Context<'a>,
    inside: impl FnOnce(&mut Context<'a>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    match with {
        None => inside(context),
        Some(with) => Err(Refused::new(Reason::Clause, with)),
    }
}
