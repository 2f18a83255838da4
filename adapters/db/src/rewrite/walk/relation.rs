//! What stands between FROM and WHERE: tables, sub-selects, functions, nested joins.

use std::mem;

use sqlparser::ast::{
    FunctionArg, Ident, ObjectName, TableAlias, TableAliasColumnDef, TableFactor, TableFunctionArgs,
};

use crate::{Dialect, Reason, Refused};

use super::super::allow::{functions, types};
use super::super::context::{Context, Relation};
use super::super::{names, substitute};
use super::{absent, exprs, function, join, never, query};

/// Scopes one relation: a tenant's table becomes the tenant's rows, under the same name.
pub(super) fn relation(
    relation: &mut TableFactor,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    match relation {
        TableFactor::Table {
            name,
            alias,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_directives,
            inheritance,
        } => {
            absent(with_hints.first())?;
            absent(version.as_ref())?;
            absent(partitions.first())?;
            absent(json_path.as_ref())?;
            never(sample.is_some(), "TABLESAMPLE")?;
            absent(index_directives.first())?;
            never(inheritance.is_some(), "ONLY, or a table with *")?;
            if let Some(TableFunctionArgs { args, settings }) = args {
                never(settings.is_some(), "SETTINGS")?;
                call(name, args, context)?;
                optional_alias(alias.as_ref(), true, context)?;
                return boxed(relation, context);
            }
            never(*with_ordinality, "WITH ORDINALITY")?;
            table(relation, context)
        }
        TableFactor::Derived {
            lateral,
            subquery,
            alias,
            sample,
        } => {
            never(sample.is_some(), "TABLESAMPLE")?;
            never(*lateral && context.dialect() == Dialect::Sqlite, "LATERAL")?;
            optional_alias(alias.as_ref(), false, context)?;
            query(subquery, context)
        }
        TableFactor::Function {
            lateral: _,
            name,
            args,
            with_ordinality: _,
            alias,
        } => {
            call(name, args, context)?;
            optional_alias(alias.as_ref(), true, context)?;
            boxed(relation, context)
        }
        TableFactor::UNNEST {
            alias,
            array_exprs,
            with_offset,
            with_offset_alias,
            with_ordinality: _,
        } => {
            never(*with_offset, "WITH OFFSET")?;
            absent(with_offset_alias.as_ref())?;
            exprs(array_exprs, context)?;
            context.word("unnest");
            optional_alias(alias.as_ref(), true, context)?;
            boxed(relation, context)
        }
        TableFactor::NestedJoin {
            table_with_joins,
            alias,
        } => {
            optional_alias(alias.as_ref(), false, context)?;
            join::joined(table_with_joins, context)
        }
        TableFactor::TableFunction { .. }
        | TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. }
        | TableFactor::UnpivotExpr { .. }
        | TableFactor::MatchRecognize { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. } => Err(Refused::new(Reason::Clause, &*relation)),
    }
}

/// A name without arguments.
fn table(relation: &mut TableFactor, context: &mut Context<'_>) -> Result<(), Refused> {
    let TableFactor::Table { name, alias, .. } = relation else {
        return Err(Refused::new(Reason::Relation, &*relation));
    };
    let means = context.resolve(name)?;
    optional_alias(alias.as_ref(), false, context)?;
    if alias.is_none() && means != Relation::Cte {
        context.enter_table(name)?;
    }
    match means {
        Relation::Cte | Relation::Shared => context.name(name),
        Relation::Scoped { column } => {
            let locks = context.locks.clone();
            *relation = substitute::own(name, &column, alias.take(), locks, context)?;
            Ok(())
        }
    }
}

/// A function among tables.
fn call(
    name: &ObjectName,
    args: &mut [FunctionArg],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    // Where a CTE or a table has the name, which of them is meant is the database's to say.
    if context.resolve(name).is_ok() {
        return Err(Refused::new(Reason::Function, name));
    }
    functions::allowed(context.schema(), name, functions::Place::Table)?;
    context.text(name);
    function::arguments(args, context)
}

/// On PostgreSQL, `f(…) AS g` becomes `LATERAL (SELECT * FROM f(…) AS g) AS g`.
///
/// There, `g.x` calls the function `x` with `g` if `g` has no such column. The row of a function that returns scalars is
/// the scalar, so that `g.ts_stat FROM string_to_table('SELECT …', '') AS g` would run SQL; the row of a sub-select is a
/// record, which no function of PostgreSQL's own takes to run it.
fn boxed(relation: &mut TableFactor, context: &mut Context<'_>) -> Result<(), Refused> {
    if context.dialect() != Dialect::PostgreSql {
        return Ok(());
    }
    let outer = match relation {
        TableFactor::Table { name, alias, .. } | TableFactor::Function { name, alias, .. } => {
            match alias {
                Some(alias) => alias.name.clone(),
                None => substitute::table(name)?.clone(),
            }
        }
        TableFactor::UNNEST { alias, .. } => match alias {
            Some(alias) => alias.name.clone(),
            None => Ident::new("unnest"),
        },
        other @ (TableFactor::Derived { .. }
        | TableFactor::TableFunction { .. }
        | TableFactor::JsonTable { .. }
        | TableFactor::OpenJsonTable { .. }
        | TableFactor::NestedJoin { .. }
        | TableFactor::Pivot { .. }
        | TableFactor::Unpivot { .. }
        | TableFactor::UnpivotExpr { .. }
        | TableFactor::MatchRecognize { .. }
        | TableFactor::XmlTable { .. }
        | TableFactor::SemanticView { .. }) => {
            return Err(Refused::new(Reason::Relation, &*other));
        }
    };
    // `unnest` is a keyword to the parser alone.
    let outer = if outer.quote_style.is_none() && outer.value.eq_ignore_ascii_case("unnest") {
        Ident::with_quote('"', "unnest")
    } else {
        outer
    };
    context.word(&outer.value);
    // `LATERAL f(…)` is `f(…)`, now that what is around it is lateral.
    let inner = mem::replace(relation, substitute::nothing());
    let inner = if let TableFactor::Function {
        lateral: _,
        name,
        args,
        with_ordinality,
        alias,
    } = inner
    {
        substitute::call(name, args, with_ordinality, alias)
    } else {
        inner
    };
    *relation = TableFactor::Derived {
        lateral: true,
        subquery: Box::new(substitute::all_of(inner)),
        alias: Some(substitute::alias(outer)),
        sample: None,
    };
    Ok(())
}

fn optional_alias(
    alias: Option<&TableAlias>,
    typed: bool,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    match alias {
        None => Ok(()),
        Some(alias) => self::alias(alias, typed, context),
    }
}

/// `AS name (columns)`; those of some functions have types.
pub(super) fn alias(
    alias: &TableAlias,
    typed: bool,
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    let TableAlias {
        explicit: _,
        name,
        columns,
        at,
    } = alias;
    absent(at.as_ref())?;
    if names::relation(context.dialect(), name).is_err() {
        return Err(Refused::new(Reason::Clause, alias));
    }
    context.ident(name)?;
    for column in columns {
        let TableAliasColumnDef { name, data_type } = column;
        context.ident(name)?;
        match data_type {
            None => {}
            Some(data_type) if typed => {
                types::allowed(context.schema(), data_type)?;
                context.text(data_type);
            }
            Some(data_type) => return Err(Refused::new(Reason::Clause, data_type)),
        }
    }
    Ok(())
}
