//! ON CONFLICT: a row that is in the way is left alone or changed only if it is the tenant's.

use sqlparser::ast::{ConflictTarget, DoUpdate, Ident, OnConflict, OnConflictAction, OnInsert};

use super::super::context::Context;
use super::super::{names, walk};
use super::target::Target;
use crate::{Reason, Refused};

/// # Errors
/// If the tenant's column is not among the conflict's columns: the row in the way could be another tenant's.
pub(super) fn on_insert(
    on: &mut OnInsert,
    target: &Target,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    let OnInsert::OnConflict(conflict) = on else {
        return Err(Refused::new(Reason::Upsert, on));
    };
    let OnConflict {
        conflict_target,
        action,
    } = &mut *conflict;
    match conflict_target {
        Some(ConflictTarget::Columns { columns, predicate }) => {
            if !any_is(columns, target, context) {
                return Err(Refused::new(Reason::Upsert, conflict));
            }
            for column in columns.iter() {
                context.ident(column)?;
            }
            if let Some(predicate) = predicate {
                walk::expr(predicate, context)?;
            }
        }
        Some(ConflictTarget::OnConstraint(_)) | None => {
            return Err(Refused::new(Reason::Upsert, conflict));
        }
    }
    match action {
        OnConflictAction::DoNothing => Ok(()),
        OnConflictAction::DoUpdate(DoUpdate {
            assignments,
            selection,
        }) => {
            target.assignments(assignments, context)?;
            target.narrow(selection, context)
        }
    }
}

/// Whether one of them is the tenant's column, without a doubt.
fn any_is(columns: &[Ident], target: &Target, context: &Context<'_>) -> bool {
    let dialect = context.dialect();
    let own = names::declared(dialect, &target.column);
    columns
        .iter()
        .any(|column| names::relation(dialect, column).is_ok_and(|column| column == own))
}
