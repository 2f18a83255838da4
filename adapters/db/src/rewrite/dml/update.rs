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
    *or = super::on_conflict(context.dialect());
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

#[cfg(test)]
mod tests {
    use super::super::super::kit::{ALL, MYSQL, PG, SQLITE, becomes, refused, unparsed};
    use crate::Reason;

    #[test]
    fn it_changes_the_tenants_rows_only() {
        becomes(
            PG,
            "UPDATE resources SET name = $1 WHERE id = $2 OR true",
            "UPDATE resources SET name = $1 WHERE resources.tenant_id = $3 AND (id = $2 OR true)",
        );
        becomes(
            SQLITE,
            "UPDATE resources SET name = ? WHERE id = ? OR true",
            "UPDATE OR ABORT resources SET name = ?1 WHERE resources.tenant_id = ?3 COLLATE BINARY AND (id = ?2 OR true)",
        );
        becomes(
            MYSQL,
            "UPDATE resources SET name = ? WHERE id = ? OR true ORDER BY id LIMIT 3",
            "UPDATE resources SET name = ? WHERE (resources.tenant_id = ? AND CAST(resources.tenant_id AS BINARY) = CAST(? AS BINARY)) AND (id = ? OR true) ORDER BY id LIMIT 3",
        );
        becomes(
            PG,
            "UPDATE orders SET name = 'x'",
            "UPDATE orders SET name = 'x' WHERE orders.org_id = $1",
        );
    }

    #[test]
    fn the_condition_speaks_of_the_alias_or_the_name_as_written() {
        becomes(
            PG,
            "UPDATE public.\"resources\" AS \"R\" SET a = 1",
            "UPDATE public.\"resources\" AS \"R\" SET a = 1 WHERE \"R\".tenant_id = $1",
        );
        becomes(
            PG,
            "UPDATE public.Resources SET a = 1",
            "UPDATE public.Resources SET a = 1 WHERE Resources.tenant_id = $1",
        );
        becomes(
            SQLITE,
            "UPDATE main.[Resources] SET a = 1",
            "UPDATE OR ABORT main.[Resources] SET a = 1 WHERE [Resources].tenant_id = ?1 COLLATE BINARY",
        );
    }

    #[test]
    fn what_it_reads_beside_is_scoped_in_every_place() {
        let rows = "(SELECT * FROM orders WHERE orders.org_id = $1)";
        for (sql, scoped) in [
            (
                "UPDATE resources AS r SET a = o.a FROM orders AS o, countries WHERE o.id = r.id",
                "UPDATE resources AS r SET a = o.a FROM ROWS AS o, countries WHERE r.tenant_id = $1 AND (o.id = r.id)",
            ),
            (
                "UPDATE resources SET a = (SELECT max(a) FROM orders)",
                "UPDATE resources SET a = (SELECT max(a) FROM ROWS AS orders) WHERE resources.tenant_id = $1",
            ),
            (
                "UPDATE resources SET (a, b) = (SELECT a, b FROM orders) WHERE EXISTS (SELECT 1 FROM orders)",
                "UPDATE resources SET (a, b) = (SELECT a, b FROM ROWS AS orders) WHERE resources.tenant_id = $1 AND (EXISTS (SELECT 1 FROM ROWS AS orders))",
            ),
            (
                "UPDATE resources SET a = 1 RETURNING (SELECT count(*) FROM orders)",
                "UPDATE resources SET a = 1 WHERE resources.tenant_id = $1 RETURNING (SELECT count(*) FROM ROWS AS orders)",
            ),
            (
                "WITH o AS (SELECT * FROM orders) UPDATE resources SET a = 1 FROM o",
                "WITH o AS (SELECT * FROM ROWS AS orders) UPDATE resources SET a = 1 FROM o WHERE resources.tenant_id = $1",
            ),
        ] {
            becomes(PG, sql, &scoped.replace("ROWS", rows));
        }
    }

    #[test]
    fn the_tenants_column_is_never_set() {
        for dialect in ALL {
            for sql in [
                "UPDATE resources SET tenant_id = 'x'",
                "UPDATE resources SET a = 1, Tenant_ID = 'x'",
                "UPDATE resources SET (a, tenant_id) = (1, 'x')",
            ] {
                refused(dialect, sql, &Reason::TenantColumn);
            }
        }
        refused(
            PG,
            "UPDATE resources SET \"tenant_id\" = 'x'",
            &Reason::TenantColumn,
        );
        refused(
            PG,
            "UPDATE resources SET \"TENANT_ID\" = 'x'",
            &Reason::TenantColumn,
        );
        refused(
            SQLITE,
            "UPDATE resources SET [tenant_id] = 'x'",
            &Reason::TenantColumn,
        );
        refused(
            MYSQL,
            "UPDATE resources SET resources.tenant_id = 'x'",
            &Reason::TenantColumn,
        );
        refused(
            MYSQL,
            "UPDATE resources SET `t\u{e9}nant_id` = 'x'",
            &Reason::TenantColumn,
        );
        refused(PG, "UPDATE orders SET org_id = 'x'", &Reason::TenantColumn);
        refused(
            PG,
            "UPDATE resources SET resources.a = 'x'",
            &Reason::Expression,
        );
        unparsed(PG, "UPDATE resources SET tenant_id[1] = 'x'");
        refused(
            SQLITE,
            "UPDATE resources SET rowid = 1",
            &Reason::SystemColumn,
        );
    }

    #[test]
    fn only_one_tenants_table_is_written() {
        for dialect in ALL {
            refused(dialect, "UPDATE countries SET a = 1", &Reason::SharedWrite);
            refused(dialect, "UPDATE secret SET a = 1", &Reason::Relation);
            refused(
                dialect,
                "UPDATE resources JOIN orders ON true SET a = 1",
                &Reason::Clause,
            );
            let cte = "WITH resources AS (SELECT 1) UPDATE resources SET a = 1";
            refused(dialect, cte, &Reason::Relation);
        }
        refused(PG, "UPDATE ONLY resources SET a = 1", &Reason::Clause);
        refused(
            SQLITE,
            "UPDATE OR REPLACE resources SET a = 1",
            &Reason::Clause,
        );
        unparsed(MYSQL, "UPDATE resources, orders SET a = 1");
    }

    #[test]
    fn a_table_beside_it_of_the_same_name_is_refused() {
        for from in [
            "resources",
            "orders AS Resources",
            "(SELECT 1 AS a) AS resources",
            "orders JOIN countries AS resources ON true",
            "(orders CROSS JOIN resources)",
        ] {
            let sql = format!("UPDATE resources SET a = 1 FROM {from}");
            refused(PG, &sql, &Reason::Relation);
        }
        becomes(
            PG,
            "UPDATE resources AS r SET a = 1 FROM resources",
            "UPDATE resources AS r SET a = 1 FROM (SELECT * FROM resources WHERE resources.tenant_id = $1) AS resources WHERE r.tenant_id = $1",
        );
    }

    #[test]
    fn a_cursors_row_is_not_known_to_be_the_tenants() {
        unparsed(PG, "UPDATE resources SET a = 1 WHERE CURRENT OF c");
    }
}
