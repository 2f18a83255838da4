//! INSERT: every new row is the tenant's.

use sqlparser::ast::{
    Insert, Parens, Query, SetExpr, TableAliasWithoutColumns, TableObject, Values,
};

use super::super::context::Context;
use super::super::predicate;
use super::super::walk;
use super::target::Target;
use super::{refuse, source, upsert};
use crate::{Reason, Refused};

/// # Errors
/// If it doesn't name its columns, names the tenant's, or holds a clause that is not known to be safe.
pub(super) fn insert(insert: &mut Insert, context: &mut Context<'_>) -> Result<(), Refused> {
    refuse_clauses(insert)?;
    let TableObject::TableName(name) = &insert.table else {
        return Err(Refused::new(Reason::Relation, &insert.table));
    };
    let alias = insert
        .table_alias
        .as_ref()
        .map(|TableAliasWithoutColumns { explicit: _, alias }| alias);
    let target = Target::new(name, alias, context)?;
    insert.or = super::on_conflict(context.dialect());
    insert.into = true;
    for column in &insert.columns {
        target.column(column, context)?;
    }
    let named = insert.columns.len();
    match (&mut insert.source, named) {
        (None, 0) => insert.source = Some(Box::new(one_row())),
        (None, _) => return Err(Refused::new(Reason::Clause, "no rows to insert")),
        (Some(_), 0) => return Err(Refused::new(Reason::InsertColumns, name)),
        (Some(source), _) => walk::query(source, context)?,
    }
    if let Some(source) = &mut insert.source {
        source::own(source, named, context)?;
    }
    let column = predicate::column(&target.column, context)?;
    insert.columns.push(column.into());
    if let Some(on) = &mut insert.on {
        upsert::on_insert(on, &target, context)?;
    }
    if let Some(returning) = &mut insert.returning {
        walk::select_items(returning, context)?;
    }
    Ok(())
}

/// Refuses every clause that is not known to be safe.
fn refuse_clauses(insert: &Insert) -> Result<(), Refused> {
    let Insert {
        insert_token: _,
        optimizer_hints,
        or,
        ignore,
        into: _,
        table: _,
        table_alias: _,
        columns: _,
        by_name,
        overwrite,
        source: _,
        assignments,
        partitioned,
        after_columns,
        // What an identity column takes; the tenant's column is none.
        overriding: _,
        has_table_keyword,
        on: _,
        returning: _,
        output,
        replace_into,
        priority,
        insert_alias,
        settings,
        format_clause,
        multi_table_insert_type,
        multi_table_into_clauses,
        multi_table_when_clauses,
        multi_table_else_clause,
    } = insert;
    let verb = match or {
        Some(or) => Some(format!("INSERT {or}")),
        None if *replace_into => Some("REPLACE".to_owned()),
        None if *ignore => Some("INSERT IGNORE".to_owned()),
        None => None,
    };
    if let Some(verb) = verb {
        return Err(Refused::new(Reason::Upsert, verb));
    }
    refuse(!optimizer_hints.is_empty(), "an optimizer hint")?;
    refuse(*by_name, "BY NAME")?;
    refuse(*overwrite, "OVERWRITE")?;
    refuse(!assignments.is_empty(), "INSERT … SET")?;
    refuse(partitioned.is_some(), "PARTITION")?;
    refuse(!after_columns.is_empty(), "columns after PARTITION")?;
    refuse(*has_table_keyword, "INSERT INTO TABLE")?;
    refuse(output.is_some(), "OUTPUT")?;
    refuse(priority.is_some(), "LOW_PRIORITY, DELAYED, HIGH_PRIORITY")?;
    refuse(insert_alias.is_some(), "an alias of the new row")?;
    refuse(settings.is_some(), "SETTINGS")?;
    refuse(format_clause.is_some(), "FORMAT")?;
    let several = multi_table_insert_type.is_some()
        || !multi_table_into_clauses.is_empty()
        || !multi_table_when_clauses.is_empty()
        || multi_table_else_clause.is_some();
    refuse(several, "several tables to insert into")
}

/// What DEFAULT VALUES becomes: a row with nothing in it but what is added to every row.
fn one_row() -> Query {
    source::query(SetExpr::Values(Values {
        explicit_row: false,
        value_keyword: false,
        rows: vec![Parens::with_empty_span(Vec::new())],
    }))
}

#[cfg(test)]
mod tests {
    use super::super::super::kit::{ALL, MYSQL, PG, SQLITE, becomes, refused};
    use crate::Reason;

    #[test]
    fn the_tenant_is_the_last_value_of_every_row() {
        becomes(
            PG,
            "INSERT INTO resources (a, b) VALUES ($1, $2), (DEFAULT, 'x') RETURNING id",
            "INSERT INTO resources (a, b, tenant_id) VALUES ($1, $2, $3), (DEFAULT, 'x', $3) RETURNING id",
        );
        becomes(
            SQLITE,
            "INSERT INTO orders (a) VALUES (?), (?)",
            "INSERT OR ABORT INTO orders (a, org_id) VALUES (?1, ?3), (?2, ?3)",
        );
        becomes(
            MYSQL,
            "INSERT resources (a) VALUE (?), (?)",
            "INSERT INTO resources (a, tenant_id) VALUES (?, ?), (?, ?)",
        );
        becomes(
            PG,
            "INSERT INTO resources (id) OVERRIDING SYSTEM VALUE VALUES (1)",
            "INSERT INTO resources (id, tenant_id) OVERRIDING SYSTEM VALUE VALUES (1, $1)",
        );
    }

    #[test]
    fn a_row_of_defaults_is_a_row_with_the_tenant() {
        becomes(
            PG,
            "INSERT INTO resources DEFAULT VALUES RETURNING *",
            "INSERT INTO resources (tenant_id) VALUES ($1) RETURNING *",
        );
        becomes(
            SQLITE,
            "INSERT INTO resources DEFAULT VALUES",
            "INSERT OR ABORT INTO resources (tenant_id) VALUES (?1)",
        );
    }

    #[test]
    fn what_it_reads_is_scoped_in_every_place() {
        let rows = "(SELECT * FROM orders WHERE orders.org_id = $1)";
        for (sql, scoped) in [
            (
                "INSERT INTO resources (a) VALUES ((SELECT max(a) FROM orders))",
                "INSERT INTO resources (a, tenant_id) VALUES ((SELECT max(a) FROM ROWS AS orders), $1)",
            ),
            (
                "INSERT INTO resources (a) VALUES (1) RETURNING (SELECT max(a) FROM orders)",
                "INSERT INTO resources (a, tenant_id) VALUES (1, $1) RETURNING (SELECT max(a) FROM ROWS AS orders)",
            ),
            (
                "WITH o AS (SELECT * FROM orders) INSERT INTO resources (a) SELECT a FROM o",
                "WITH o AS (SELECT * FROM ROWS AS orders) INSERT INTO resources (a, tenant_id) SELECT a, $1 FROM o",
            ),
        ] {
            becomes(PG, sql, &scoped.replace("ROWS", rows));
        }
    }

    #[test]
    fn columns_are_named_and_none_is_the_tenants() {
        for dialect in ALL {
            refused(
                dialect,
                "INSERT INTO resources VALUES (1)",
                &Reason::InsertColumns,
            );
            refused(
                dialect,
                "INSERT INTO resources SELECT 1",
                &Reason::InsertColumns,
            );
            for column in ["tenant_id", "TENANT_ID"] {
                let sql = format!("INSERT INTO resources (a, {column}) VALUES (1, 'x')");
                refused(dialect, &sql, &Reason::TenantColumn);
            }
        }
        refused(
            PG,
            "INSERT INTO resources (\"Tenant_id\") VALUES (1)",
            &Reason::TenantColumn,
        );
        refused(
            SQLITE,
            "INSERT INTO resources (`tenant_id`) VALUES (1)",
            &Reason::TenantColumn,
        );
        refused(
            SQLITE,
            "INSERT INTO resources (RowId) VALUES (1)",
            &Reason::SystemColumn,
        );
        refused(
            MYSQL,
            "INSERT INTO resources () VALUES ()",
            &Reason::InsertColumns,
        );
        refused(
            MYSQL,
            "INSERT INTO resources (`tenant_\u{131}d`) VALUES (1)",
            &Reason::TenantColumn,
        );
    }

    #[test]
    fn only_a_tenants_table_takes_new_rows() {
        for dialect in ALL {
            refused(
                dialect,
                "INSERT INTO countries (a) VALUES (1)",
                &Reason::SharedWrite,
            );
            refused(
                dialect,
                "INSERT INTO secret (a) VALUES (1)",
                &Reason::Relation,
            );
            let cte = "WITH resources AS (SELECT 1) INSERT INTO resources (a) VALUES (1)";
            refused(dialect, cte, &Reason::Relation);
        }
    }

    #[test]
    fn what_could_replace_another_tenants_row_is_refused() {
        refused(
            SQLITE,
            "INSERT OR REPLACE INTO resources (a) VALUES (1)",
            &Reason::Upsert,
        );
        refused(
            SQLITE,
            "INSERT OR IGNORE INTO resources (a) VALUES (1)",
            &Reason::Upsert,
        );
        refused(
            SQLITE,
            "REPLACE INTO resources (a) VALUES (1)",
            &Reason::Upsert,
        );
        refused(
            MYSQL,
            "REPLACE INTO resources (a) VALUES (1)",
            &Reason::Upsert,
        );
        refused(
            MYSQL,
            "INSERT IGNORE INTO resources (a) VALUES (1)",
            &Reason::Upsert,
        );
        refused(MYSQL, "INSERT INTO resources SET a = 1", &Reason::Clause);
        refused(
            MYSQL,
            "INSERT INTO resources (a) VALUES (1) AS n",
            &Reason::Clause,
        );
    }
}
