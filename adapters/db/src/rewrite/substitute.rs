//! A tenant's table in a FROM clause becomes the tenant's rows of it.

use sqlparser::ast::helpers::attached_token::AttachedToken;
use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, GroupByExpr, Ident, LockClause, ObjectName, ObjectNamePart,
    Query, Select, SelectFlavor, SelectItem, SetExpr, TableAlias, TableFactor, TableFunctionArgs,
    TableWithJoins, WildcardAdditionalOptions,
};

use crate::{Reason, Refused};

use super::context::Context;
use super::predicate::predicate;

/// `SELECT * FROM name WHERE name.column = tenant`. Notes the words it writes.
///
/// `name` is used as written: where it means the table outside of the sub-select it does so inside, since the
/// sub-select opens no scope.
///
/// # Errors
/// If `name` is no name of a table.
fn rows(
    name: &ObjectName,
    column: &str,
    locks: Vec<LockClause>,
    context: &mut Context<'_>,
) -> Result<Query, Refused> {
    context.name(name)?;
    let own = predicate(table(name)?, column, context)?;
    let all = SelectItem::Wildcard(WildcardAdditionalOptions::default());
    Ok(query(select(all, named(name.clone()), Some(own)), locks))
}

/// `(SELECT * FROM name WHERE name.column = tenant) alias`. Notes the words it writes, which an alias that is given is
/// not.
///
/// # Errors
/// If `name` is no name of a table.
pub(crate) fn own(
    name: &ObjectName,
    column: &str,
    alias: Option<TableAlias>,
    locks: Vec<LockClause>,
    context: &mut Context<'_>,
) -> Result<TableFactor, Refused> {
    let rows = rows(name, column, locks, context)?;
    let alias = if let Some(alias) = alias {
        alias
    } else {
        let table = table(name)?;
        context.ident(table)?;
        self::alias(table.clone())
    };
    Ok(TableFactor::Derived {
        lateral: false,
        subquery: Box::new(rows),
        alias: Some(alias),
        sample: None,
    })
}

/// `SELECT * FROM from`.
pub(crate) fn all_of(from: TableFactor) -> Query {
    let all = SelectItem::Wildcard(WildcardAdditionalOptions::default());
    query(select(all, from, None), Vec::new())
}

/// The last part of a name: what columns are qualified with.
///
/// # Errors
/// If there is none.
pub(crate) fn table(name: &ObjectName) -> Result<&Ident, Refused> {
    let ObjectName(parts) = name;
    match parts.last() {
        Some(ObjectNamePart::Identifier(ident)) => Ok(ident),
        Some(ObjectNamePart::Function(_)) | None => Err(Refused::new(Reason::Relation, name)),
    }
}

/// `AS name`.
pub(crate) fn alias(name: Ident) -> TableAlias {
    TableAlias {
        explicit: true,
        name,
        columns: Vec::new(),
        at: None,
    }
}

/// What a relation is while it is being wrapped.
pub(crate) fn nothing() -> TableFactor {
    named(ObjectName(Vec::new()))
}

fn named(name: ObjectName) -> TableFactor {
    factor(name, None, false, None)
}

/// `name(args) alias`, as the parser has it without LATERAL.
pub(crate) fn call(
    name: ObjectName,
    args: Vec<FunctionArg>,
    with_ordinality: bool,
    alias: Option<TableAlias>,
) -> TableFactor {
    if is_unnest(&name) {
        let expr = |arg: &FunctionArg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            FunctionArg::Unnamed(
                FunctionArgExpr::QualifiedWildcard(_)
                | FunctionArgExpr::Wildcard
                | FunctionArgExpr::WildcardWithOptions(_),
            )
            | FunctionArg::Named { .. }
            | FunctionArg::ExprNamed { .. } => None,
        };
        if let Some(array_exprs) = args.iter().map(expr).collect() {
            return TableFactor::UNNEST {
                alias,
                array_exprs,
                with_offset: false,
                with_offset_alias: None,
                with_ordinality,
            };
        }
    }
    let args = TableFunctionArgs {
        args,
        settings: None,
    };
    factor(name, Some(args), with_ordinality, alias)
}

/// A keyword to the parser.
fn is_unnest(name: &ObjectName) -> bool {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(ident)] => {
            ident.quote_style.is_none() && ident.value.eq_ignore_ascii_case("unnest")
        }
        _ => false,
    }
}

fn factor(
    name: ObjectName,
    args: Option<TableFunctionArgs>,
    with_ordinality: bool,
    alias: Option<TableAlias>,
) -> TableFactor {
    TableFactor::Table {
        name,
        alias,
        args,
        with_hints: Vec::new(),
        version: None,
        with_ordinality,
        partitions: Vec::new(),
        json_path: None,
        sample: None,
        index_directives: Vec::new(),
        inheritance: None,
    }
}

fn select(projection: SelectItem, from: TableFactor, selection: Option<Expr>) -> Select {
    Select {
        select_token: AttachedToken::empty(),
        optimizer_hints: Vec::new(),
        distinct: None,
        select_modifiers: None,
        top: None,
        top_before_distinct: false,
        projection: vec![projection],
        exclude: None,
        into: None,
        from: vec![TableWithJoins {
            relation: from,
            joins: Vec::new(),
        }],
        lateral_views: Vec::new(),
        prewhere: None,
        selection,
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
    }
}

fn query(select: Select, locks: Vec<LockClause>) -> Query {
    Query {
        with: None,
        body: Box::new(SetExpr::Select(Box::new(select))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks,
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: Vec::new(),
    }
}
