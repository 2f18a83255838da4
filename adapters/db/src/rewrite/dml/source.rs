//! Where the rows of an INSERT come from: each gets the tenant as its last value.
//!
//! The number of values of a SELECT is for the database to compare with the number of columns: one more than the
//! statement named, on both sides, the tenant last on both. It refuses if they differ, so that nothing can shift.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Expr, GroupByExpr, Ident, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins, Values,
    WildcardAdditionalOptions,
};

use super::super::context::Context;
use crate::{Dialect, Reason, Refused};

/// What the rows of a source are called that had to be wrapped.
const WRAPPED: &str = "inserted_rows";

/// Gives the tenant to every row of a source that has been walked.
///
/// A plain SELECT gets it as its last item, which leaves the other items what they were. On PostgreSQL a set operation or
/// a DISTINCT would settle on a type for it before the table is looked at; they are wrapped.
///
/// # Errors
/// If a row of VALUES has not as many values as there are columns, or the source has a shape that can't take one more.
pub(super) fn own(
    source: &mut Query,
    columns: usize,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    let wrap = context.dialect() == Dialect::PostgreSql
        && match source.body.as_ref() {
            SetExpr::Select(select) => select.distinct.is_some(),
            SetExpr::SetOperation { .. } | SetExpr::Query(_) => true,
            SetExpr::Values(_) => false,
            SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => return Err(Refused::new(Reason::Clause, &source.body)),
        };
    if !wrap {
        return add(&mut source.body, columns, context);
    }
    let alias = Ident::new(WRAPPED);
    context.ident(&alias)?;
    context.ident(&alias)?;
    let empty = query(SetExpr::Values(Values {
        explicit_row: false,
        value_keyword: false,
        rows: Vec::new(),
    }));
    let inner = std::mem::replace(source, empty);
    *source = wrapped(inner, alias, context.tenant());
    Ok(())
}

/// Adds the tenant to each arm.
fn add(body: &mut SetExpr, columns: usize, context: &Context<'_>) -> Result<(), Refused> {
    match body {
        SetExpr::Select(select) => {
            select
                .projection
                .push(SelectItem::UnnamedExpr(context.tenant()));
            Ok(())
        }
        SetExpr::SetOperation {
            left,
            op: _,
            set_quantifier: _,
            right,
        } => {
            add(left, columns, context)?;
            add(right, columns, context)
        }
        SetExpr::Values(values) => rows(values, columns, context),
        SetExpr::Query(_)
        | SetExpr::Insert(_)
        | SetExpr::Update(_)
        | SetExpr::Delete(_)
        | SetExpr::Merge(_)
        | SetExpr::Table(_) => Err(Refused::new(Reason::Clause, body)),
    }
}

fn rows(values: &mut Values, columns: usize, context: &Context<'_>) -> Result<(), Refused> {
    let Values {
        explicit_row,
        value_keyword,
        rows,
    } = values;
    if *explicit_row {
        return Err(Refused::new(Reason::Clause, "VALUES ROW"));
    }
    *value_keyword = false;
    for row in rows {
        let values = row.content.len();
        if values != columns {
            let problem = format!("{values} values for {columns} columns");
            return Err(Refused::new(Reason::Syntax(problem), "VALUES"));
        }
        row.content.push(context.tenant());
    }
    Ok(())
}

/// `SELECT alias.*, tenant FROM (inner) AS alias`.
fn wrapped(inner: Query, alias: Ident, tenant: Expr) -> Query {
    let all = SelectItem::QualifiedWildcard(
        SelectItemQualifiedWildcardKind::ObjectName(alias.clone().into()),
        WildcardAdditionalOptions::default(),
    );
    let rows = TableFactor::Derived {
        lateral: false,
        subquery: Box::new(inner),
        alias: Some(TableAlias {
            explicit: true,
            name: alias,
            columns: Vec::new(),
            at: None,
        }),
        sample: None,
    };
    query(SetExpr::Select(Box::new(Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![all, SelectItem::UnnamedExpr(tenant)],
        exclude: None,
        into: None,
        from: vec![TableWithJoins {
            relation: rows,
            joins: Vec::new(),
        }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection: None,
        connect_by: Vec::new(),
        group_by: GroupByExpr::Expressions(Vec::new(), Vec::new()),
        cluster_by: Vec::new(),
        distribute_by: Vec::new(),
        sort_by: Vec::new(),
        having: None,
        named_window: Vec::new(),
        qualify: None,
        window_before_qualify: false,
        value_table_mode: None,
        flavor: SelectFlavor::Standard,
    })))
}

/// A query that is nothing but its body.
pub(super) fn query(body: SetExpr) -> Query {
    Query {
        with: None,
        body: Box::new(body),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: Vec::new(),
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::kit::{ALL, MYSQL, PG, SQLITE, becomes, refused, unparsed};
    use crate::Reason;

    #[test]
    fn a_plain_select_gets_one_more_item() {
        becomes(
            PG,
            "INSERT INTO resources (a) SELECT '2026-01-01' FROM countries ORDER BY 1 LIMIT 2",
            "INSERT INTO resources (a, tenant_id) SELECT '2026-01-01', $1 FROM countries ORDER BY 1 LIMIT 2",
        );
        becomes(
            SQLITE,
            "INSERT INTO resources (a, b) SELECT DISTINCT * FROM countries WHERE true",
            "INSERT OR ABORT INTO resources (a, b, tenant_id) SELECT DISTINCT *, ?1 FROM countries WHERE true",
        );
        becomes(
            PG,
            "INSERT INTO resources (a) WITH c AS (SELECT 1 AS x) SELECT x FROM c",
            "INSERT INTO resources (a, tenant_id) WITH c AS (SELECT 1 AS x) SELECT x, $1 FROM c",
        );
    }

    #[test]
    fn postgres_settles_no_type_of_a_tenant_that_goes_through_distinct_or_a_set_operation() {
        for source in [
            "SELECT DISTINCT a FROM countries",
            "SELECT a FROM countries UNION SELECT 'x'",
            "(SELECT a FROM countries LIMIT 1)",
            "VALUES (1) UNION VALUES (2)",
            "WITH c AS (SELECT 1) SELECT * FROM c EXCEPT SELECT 2",
        ] {
            becomes(
                PG,
                &format!("INSERT INTO resources (a) {source}"),
                &format!(
                    "INSERT INTO resources (a, tenant_id) SELECT inserted_rows.*, $1 FROM ({source}) AS inserted_rows"
                ),
            );
        }
    }

    #[test]
    fn sqlite_and_mysql_add_it_to_every_arm() {
        becomes(
            SQLITE,
            "INSERT INTO resources (a) SELECT a FROM countries UNION ALL VALUES (1), (2) ORDER BY 1",
            "INSERT OR ABORT INTO resources (a, tenant_id) SELECT a, ?1 FROM countries UNION ALL VALUES (1, ?1), (2, ?1) ORDER BY 1",
        );
        becomes(
            MYSQL,
            "INSERT INTO resources (a) SELECT a FROM countries EXCEPT SELECT ?",
            "INSERT INTO resources (a, tenant_id) SELECT a, ? FROM countries EXCEPT SELECT ?, ?",
        );
        refused(
            MYSQL,
            "INSERT INTO resources (a) (SELECT 1) UNION (SELECT 2)",
            &Reason::Clause,
        );
    }

    #[test]
    fn a_row_with_too_few_or_too_many_values_is_refused() {
        for dialect in ALL {
            for values in ["(1)", "(1, 2, 3)", "(1, 2), (3)"] {
                unparsed(
                    dialect,
                    &format!("INSERT INTO resources (a, b) VALUES {values}"),
                );
            }
        }
        unparsed(
            SQLITE,
            "INSERT INTO resources (a) SELECT 1 UNION VALUES (1, 2)",
        );
        refused(
            MYSQL,
            "INSERT INTO resources (a) VALUES ROW(1)",
            &Reason::Clause,
        );
    }
}
