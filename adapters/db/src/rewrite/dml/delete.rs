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

#[cfg(test)]
mod tests {
    use super::super::super::kit::{ALL, MYSQL, PG, SQLITE, becomes, refused, unparsed};
    use crate::Reason;

    #[test]
    fn it_deletes_the_tenants_rows_only() {
        becomes(
            PG,
            "DELETE FROM resources",
            "DELETE FROM resources WHERE resources.tenant_id = $1",
        );
        becomes(
            SQLITE,
            "DELETE FROM resources WHERE a = ? OR b = ?",
            "DELETE FROM resources WHERE resources.tenant_id = ?3 COLLATE BINARY AND (a = ?1 OR b = ?2)",
        );
        becomes(
            MYSQL,
            "DELETE FROM resources WHERE a = ? ORDER BY b LIMIT ?",
            "DELETE FROM resources WHERE (resources.tenant_id = ? AND CAST(resources.tenant_id AS BINARY) = CAST(? AS BINARY)) AND (a = ?) ORDER BY b LIMIT ?",
        );
        becomes(
            PG,
            "DELETE FROM resources AS r WHERE r.a = 1",
            "DELETE FROM resources AS r WHERE r.tenant_id = $1 AND (r.a = 1)",
        );
    }

    #[test]
    fn what_it_reads_beside_is_scoped_in_every_place() {
        let rows = "(SELECT * FROM orders WHERE orders.org_id = $1)";
        for (sql, scoped) in [
            (
                "DELETE FROM resources USING orders AS o, countries WHERE o.a = resources.a OR true",
                "DELETE FROM resources USING ROWS AS o, countries WHERE resources.tenant_id = $1 AND (o.a = resources.a OR true)",
            ),
            (
                "DELETE FROM resources RETURNING id, (SELECT count(*) FROM orders)",
                "DELETE FROM resources WHERE resources.tenant_id = $1 RETURNING id, (SELECT count(*) FROM ROWS AS orders)",
            ),
            (
                "WITH gone AS (DELETE FROM resources RETURNING *) SELECT * FROM gone, orders",
                "WITH gone AS (DELETE FROM resources WHERE resources.tenant_id = $1 RETURNING *) SELECT * FROM gone, ROWS AS orders",
            ),
        ] {
            becomes(PG, sql, &scoped.replace("ROWS", rows));
        }
    }

    #[test]
    fn only_one_tenants_table_is_deleted_from() {
        for dialect in ALL {
            refused(dialect, "DELETE FROM countries", &Reason::SharedWrite);
            refused(dialect, "DELETE FROM secret", &Reason::Relation);
            refused(dialect, "DELETE FROM resources, orders", &Reason::Clause);
            refused(
                dialect,
                "DELETE resources FROM resources, orders",
                &Reason::Clause,
            );
            refused(
                dialect,
                "DELETE FROM resources JOIN orders ON true",
                &Reason::Clause,
            );
            let cte = "WITH resources AS (SELECT 1) DELETE FROM resources";
            refused(dialect, cte, &Reason::Relation);
        }
        refused(
            PG,
            "DELETE FROM resources USING resources",
            &Reason::Relation,
        );
        unparsed(PG, "DELETE FROM resources WHERE CURRENT OF c");
        unparsed(SQLITE, "DELETE resources");
        refused(
            MYSQL,
            "DELETE FROM resources USING resources JOIN orders",
            &Reason::Relation,
        );
    }
}
