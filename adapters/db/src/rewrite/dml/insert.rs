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
    if or.is_some() || *replace_into || *ignore {
        return Err(Refused::new(
            Reason::Upsert,
            "INSERT OR, REPLACE, INSERT IGNORE",
        ));
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
