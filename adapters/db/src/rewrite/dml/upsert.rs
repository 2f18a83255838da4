//! ON CONFLICT: a row that is in the way is left alone or changed only if it is the tenant's.

use sqlparser::ast::{ConflictTarget, DoUpdate, Ident, OnConflict, OnConflictAction, OnInsert};

use super::super::context::Context;
use super::super::{names, walk};
use super::target::Target;
use crate::{Dialect, Reason, Refused};

/// # Errors
/// If the tenant's column is not among the conflict's columns: the row in the way could be another tenant's.
pub(super) fn on_insert(
    on: &mut OnInsert,
    target: &Target,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    if context.dialect() == Dialect::MySql {
        return Err(Refused::new(Reason::Upsert, on));
    }
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
                context.column(column)?;
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
        .any(|column| names::folded(dialect, column) == own)
}

#[cfg(test)]
mod tests {
    use super::super::super::kit::{ALL, MYSQL, PG, SQLITE, becomes, refused, unparsed};
    use crate::Reason;

    #[test]
    fn the_row_in_the_way_is_changed_only_if_it_is_the_tenants() {
        becomes(
            PG,
            "INSERT INTO resources AS r (id, a) VALUES ($1, $2) ON CONFLICT (tenant_id, id) DO UPDATE SET a = excluded.a, b = r.b WHERE r.a = 1 OR excluded.tenant_id <> 'x' RETURNING *",
            "INSERT INTO resources AS r (id, a, tenant_id) VALUES ($1, $2, $3) ON CONFLICT(tenant_id, id) DO UPDATE SET a = excluded.a, b = r.b WHERE r.tenant_id = $3 AND (r.a = 1 OR excluded.tenant_id <> 'x') RETURNING *",
        );
        becomes(
            SQLITE,
            "INSERT INTO orders (id) VALUES (?) ON CONFLICT (id, ORG_ID) DO UPDATE SET a = (SELECT max(a) FROM orders)",
            "INSERT OR ABORT INTO orders (id, org_id) VALUES (?1, ?2) ON CONFLICT(id, ORG_ID) DO UPDATE SET a = (SELECT max(a) FROM (SELECT * FROM orders WHERE orders.org_id = ?2 COLLATE BINARY) AS orders) WHERE orders.org_id = ?2 COLLATE BINARY",
        );
        becomes(
            PG,
            "INSERT INTO resources (id) SELECT id FROM countries WHERE true ON CONFLICT (tenant_id, id) WHERE a > 0 DO NOTHING",
            "INSERT INTO resources (id, tenant_id) SELECT id, $1 FROM countries WHERE true ON CONFLICT(tenant_id, id) WHERE a > 0 DO NOTHING",
        );
    }

    #[test]
    fn a_conflict_that_could_be_with_another_tenants_row_is_refused() {
        for dialect in [PG, SQLITE] {
            for on in [
                "ON CONFLICT DO NOTHING",
                "ON CONFLICT (id) DO NOTHING",
                "ON CONFLICT (id) DO UPDATE SET a = 1",
                "ON CONFLICT (org_id) DO UPDATE SET a = 1",
            ] {
                let sql = format!("INSERT INTO resources (id) VALUES (1) {on}");
                refused(dialect, &sql, &Reason::Upsert);
            }
        }
        for on in [
            "ON CONFLICT ON CONSTRAINT resources_pkey DO NOTHING",
            "ON CONFLICT (\"Tenant_Id\") DO NOTHING",
            "ON CONFLICT (\"TENANT_ID\", id) DO UPDATE SET a = 1",
        ] {
            let sql = format!("INSERT INTO resources (id) VALUES (1) {on}");
            refused(PG, &sql, &Reason::Upsert);
        }
        let sql = "INSERT INTO resources (id) VALUES (1) ON DUPLICATE KEY UPDATE a = 1";
        refused(MYSQL, sql, &Reason::Upsert);
        let sql = "INSERT INTO resources (id) VALUES (1) ON CONFLICT (tenant_id) DO NOTHING";
        refused(MYSQL, sql, &Reason::Upsert);
        for dialect in ALL {
            unparsed(
                dialect,
                "INSERT INTO resources (id) VALUES (1) ON CONFLICT (tenant_id || 'x') DO NOTHING",
            );
            unparsed(
                dialect,
                "INSERT INTO resources (id) VALUES (1) ON CONFLICT (tenant_id COLLATE nocase) DO NOTHING",
            );
        }
    }

    #[test]
    fn an_upsert_sets_the_tenants_column_no_more_than_an_update() {
        for set in [
            "tenant_id = 'x'",
            "a = 1, TENANT_ID = 'x'",
            "(a, tenant_id) = (1, 'x')",
        ] {
            let sql = format!(
                "INSERT INTO resources (id) VALUES (1) ON CONFLICT (tenant_id, id) DO UPDATE SET {set}"
            );
            refused(PG, &sql, &Reason::TenantColumn);
            refused(SQLITE, &sql, &Reason::TenantColumn);
        }
    }
}
