//! ORDER BY, wherever it stands.

use sqlparser::ast::{OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort};

use crate::{Reason, Refused};

use super::super::context::Context;
use super::{absent, never};

/// Scopes the ORDER BY of a query.
pub(crate) fn order_by(order_by: &mut OrderBy, context: &mut Context<'_>) -> Result<(), Refused> {
    let OrderBy { kind, interpolate } = order_by;
    never(interpolate.is_some(), "INTERPOLATE")?;
    match kind {
        OrderByKind::All(_) => Err(Refused::new(Reason::Clause, "ORDER BY ALL")),
        OrderByKind::Expressions(by) => order_by_exprs(by, context),
    }
}

/// Scopes the list of an ORDER BY: of a query, an aggregate, a window, an UPDATE or a DELETE.
pub(crate) fn order_by_exprs(
    by: &mut [OrderByExpr],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    for one in by {
        let OrderByExpr {
            expr,
            options,
            with_fill,
        } = one;
        absent(with_fill.as_ref())?;
        let OrderByOptions {
            sort,
            nulls_first: _,
        } = options;
        match sort {
            None | Some(OrderBySort::Asc | OrderBySort::Desc) => {}
            Some(OrderBySort::Using(operator)) => {
                return Err(Refused::new(Reason::Clause, operator));
            }
        }
        super::expr(expr, context)?;
    }
    Ok(())
}
