//! UPDATE: the tenant's rows change, and stay the tenant's.

use sqlparser::ast::{Update, UpdateTableFromKind};

use super::super::context::Context;
use super::super::walk;
use super::refuse;
use super::target::Target;
use crate::Refused;

/// # Errors
/// If it sets the tenant's column, writes more than one table, or holds a clause that is not known to be safe.
pub(super) fn update(update: &mut Update, context: &mut Context<'_>) -> Result<(), Refused> {
    let Update {
        update_token: _,
        optimizer_hints,
        table,
        on_cluster,
        assignments,
        from,
        selection,
        returning,
        output,
        or,
        order_by,
        limit,
        settings,
    } = update;
    refuse(!optimizer_hints.is_empty(), "an optimizer hint")?;
    refuse(on_cluster.is_some(), "ON CLUSTER")?;
    refuse(output.is_some(), "OUTPUT")?;
    refuse(or.is_some(), "UPDATE OR")?;
    refuse(settings.is_some(), "SETTINGS")?;
    let target = Target::of(table, context)?;
    match from {
        None => {}
        Some(UpdateTableFromKind::BeforeSet(_)) => refuse(true, "FROM before SET")?,
        Some(UpdateTableFromKind::AfterSet(from)) => {
            target.alone(from)?;
            walk::tables(from, context)?;
        }
    }
    target.assignments(assignments, context)?;
    target.narrow(selection, context)?;
    if let Some(returning) = returning {
        walk::select_items(returning, context)?;
    }
    super::order_by(order_by, context)?;
    if let Some(limit) = limit {
        walk::expr(limit, context)?;
    }
    Ok(())
}
