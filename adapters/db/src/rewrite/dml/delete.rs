//! DELETE: the tenant's rows go, and no others.

use sqlparser::ast::{Delete, FromTable};

use super::super::context::Context;
use super::super::walk;
use super::refuse;
use super::target::Target;
use crate::{Reason, Refused};

/// # Errors
/// If it deletes from more than one table, or holds a clause that is not known to be safe.
pub(super) fn delete(delete: &mut Delete, context: &mut Context<'_>) -> Result<(), Refused> {
    let Delete {
        delete_token: _,
        optimizer_hints,
        tables,
        from,
        on_cluster,
        using,
        selection,
        returning,
        output,
        order_by,
        limit,
        settings,
    } = delete;
    refuse(!optimizer_hints.is_empty(), "an optimizer hint")?;
    refuse(!tables.is_empty(), "tables before FROM")?;
    refuse(on_cluster.is_some(), "ON CLUSTER")?;
    refuse(output.is_some(), "OUTPUT")?;
    refuse(settings.is_some(), "SETTINGS")?;
    let table = match from {
        FromTable::WithFromKeyword(from) => match from.as_slice() {
            [table] => table,
            _ => {
                return Err(Refused::new(
                    Reason::Clause,
                    "several tables to delete from",
                ));
            }
        },
        FromTable::WithoutKeyword(_) => {
            return Err(Refused::new(Reason::Clause, "DELETE without FROM"));
        }
    };
    let target = Target::of(table, context)?;
    if let Some(using) = using {
        target.alone(using)?;
        walk::tables(using, context)?;
    }
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
