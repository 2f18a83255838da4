//! One SELECT: its list, its tables, its conditions.

use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, GroupByWithModifier, Ident, ObjectName, ObjectNamePart, Select,
    SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind, SelectModifiers,
    WildcardAdditionalOptions,
};

use crate::{Dialect, Reason, Refused};

use super::super::context::Context;
use super::{absent, exprs, never, optional, tables, window};

pub(super) fn select(select: &mut Select, context: &mut Context<'_>) -> Result<(), Refused> {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct,
        projection,
        exclude,
        into,
        from,
        lateral_views,
        prewhere,
        selection,
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having,
        named_window,
        qualify,
        // A WINDOW stands before the QUALIFY that is not there.
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    never(!optimizer_hints.is_empty(), "optimizer hint")?;
    if let Some(modifiers) = select_modifiers {
        self::modifiers(modifiers)?;
    }
    absent(top.as_ref())?;
    never(*top_before_distinct, "TOP")?;
    absent(exclude.as_ref())?;
    absent(into.as_ref())?;
    absent(lateral_views.first())?;
    absent(prewhere.as_ref())?;
    absent(connect_by.first())?;
    absent(cluster_by.first())?;
    absent(distribute_by.first())?;
    absent(sort_by.first())?;
    absent(qualify.as_ref())?;
    absent(value_table_mode.as_ref())?;
    match flavor {
        SelectFlavor::Standard => {}
        SelectFlavor::FromFirst | SelectFlavor::FromFirstNoSelect => never(true, "FROM first")?,
    }
    // Tables come first: what `schema.table.column` means depends on them.
    tables(from, context)?;
    self::distinct(distinct, context)?;
    select_items(projection, context)?;
    optional(selection.as_mut(), context)?;
    self::group_by(group_by, context)?;
    optional(having.as_mut(), context)?;
    window::named(named_window, context)
}

fn modifiers(modifiers: &SelectModifiers) -> Result<(), Refused> {
    let SelectModifiers {
        high_priority,
        straight_join,
        sql_small_result,
        sql_big_result,
        sql_buffer_result,
        sql_no_cache,
        sql_calc_found_rows,
    } = modifiers;
    never(*high_priority, "HIGH_PRIORITY")?;
    never(*straight_join, "STRAIGHT_JOIN")?;
    never(*sql_small_result, "SQL_SMALL_RESULT")?;
    never(*sql_big_result, "SQL_BIG_RESULT")?;
    never(*sql_buffer_result, "SQL_BUFFER_RESULT")?;
    never(*sql_no_cache, "SQL_NO_CACHE")?;
    // The count stays in the session, where the next tenant finds it.
    never(*sql_calc_found_rows, "SQL_CALC_FOUND_ROWS")
}

fn distinct(distinct: &mut Option<Distinct>, context: &mut Context<'_>) -> Result<(), Refused> {
    match distinct {
        None | Some(Distinct::All | Distinct::Distinct) => Ok(()),
        Some(Distinct::On(on)) => exprs(on, context),
    }
}

fn group_by(group_by: &mut GroupByExpr, context: &mut Context<'_>) -> Result<(), Refused> {
    match group_by {
        GroupByExpr::All(_) => Err(Refused::new(Reason::Clause, "GROUP BY ALL")),
        GroupByExpr::Expressions(by, modifiers) => {
            for modifier in modifiers.iter() {
                match modifier {
                    GroupByWithModifier::Rollup if context.dialect() == Dialect::MySql => {}
                    GroupByWithModifier::Rollup
                    | GroupByWithModifier::Cube
                    | GroupByWithModifier::Totals
                    | GroupByWithModifier::GroupingSets(_) => {
                        return Err(Refused::new(Reason::Clause, modifier));
                    }
                }
            }
            exprs(by, context)
        }
    }
}

/// Scopes the list of SELECT or of RETURNING.
pub(crate) fn select_items(
    items: &mut [SelectItem],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    for item in items {
        match item {
            SelectItem::UnnamedExpr(expr) => super::expr(expr, context)?,
            SelectItem::ExprWithAlias { expr, alias } => {
                super::expr(expr, context)?;
                context.ident(alias)?;
            }
            SelectItem::ExprWithAliases {
                expr: _,
                aliases: _,
            } => return Err(Refused::new(Reason::Expression, item)),
            SelectItem::QualifiedWildcard(kind, options) => {
                plain(options)?;
                wildcard(kind, context)?;
            }
            SelectItem::Wildcard(options) => plain(options)?,
        }
    }
    Ok(())
}

fn wildcard(
    kind: &mut SelectItemQualifiedWildcardKind,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    match kind {
        SelectItemQualifiedWildcardKind::ObjectName(name) => whole_row(name, context),
        SelectItemQualifiedWildcardKind::Expr(expr) => {
            Err(Refused::new(Reason::Expression, &*expr))
        }
    }
}

/// The name in `name.*`. `schema.table.*` becomes `table.*`, as the table is under its own name no more.
pub(super) fn whole_row(name: &mut ObjectName, context: &mut Context<'_>) -> Result<(), Refused> {
    let ObjectName(parts) = name;
    if let [
        ObjectNamePart::Identifier(schema),
        ObjectNamePart::Identifier(table),
    ] = parts.as_slice()
        && context.has_table(schema, table)
    {
        parts.remove(0);
    }
    match parts.as_slice() {
        [ObjectNamePart::Identifier(table)] => context.ident(table),
        _ => Err(Refused::new(Reason::Expression, name)),
    }
}

/// A `*` without EXCLUDE, REPLACE and their like.
pub(super) fn plain(options: &WildcardAdditionalOptions) -> Result<(), Refused> {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    absent(opt_ilike.as_ref())?;
    absent(opt_exclude.as_ref())?;
    absent(opt_except.as_ref())?;
    absent(opt_replace.as_ref())?;
    absent(opt_rename.as_ref())?;
    absent(opt_alias.as_ref())
}

/// The parts of a column's name. `schema.table.column` becomes `table.column`.
pub(super) fn column(parts: &mut Vec<Ident>, context: &mut Context<'_>) -> Result<(), Refused> {
    let refused =
        |parts: &[_]| Refused::new(Reason::Expression, Expr::CompoundIdentifier(parts.to_vec()));
    if let [schema, table, _] = parts.as_slice() {
        if !context.has_table(schema, table) {
            return Err(refused(parts));
        }
        parts.remove(0);
    }
    match parts.as_slice() {
        [column] => context.column(column),
        [table, column] => {
            context.ident(table)?;
            context.column(column)
        }
        _ => Err(refused(parts)),
    }
}
