//! Expressions: every sub-select in them scoped, every name in them checked.

use sqlparser::ast::{
    AccessExpr, Array, CaseWhen, CastKind, CeilFloorKind, DataType, DateTimeField, Expr, InTarget,
    Interval, MemberOf, Subscript, TypedString,
};

use crate::{Dialect, Reason, Refused};

use super::super::allow::types;
use super::super::context::{Context, Relation};
use super::super::substitute;
use super::{absent, function, never, operator, query, select, value};

/// Scopes the sub-selects within an expression.
#[expect(
    clippy::too_many_lines,
    reason = "one arm for every expression that the parser has"
)]
pub(crate) fn expr(expr: &mut Expr, context: &mut Context<'_>) -> Result<(), Refused> {
    match expr {
        Expr::Identifier(column) => context.column(column),
        Expr::CompoundIdentifier(parts) => select::column(parts, context),
        Expr::CompoundFieldAccess { root, access_chain } => access(root, access_chain, context),
        Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner)
        | Expr::Nested(inner)
        | Expr::IsJson {
            expr: inner,
            kind: _,
            unique_keys: _,
            negated: _,
        }
        | Expr::IsNormalized {
            expr: inner,
            form: _,
            negated: _,
        } => self::expr(inner, context),
        Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right)
        | Expr::AtTimeZone {
            timestamp: left,
            time_zone: right,
        }
        | Expr::Position {
            expr: left,
            r#in: right,
        }
        | Expr::RLike {
            negated: _,
            expr: left,
            pattern: right,
            regexp: _,
        }
        | Expr::MemberOf(MemberOf {
            value: left,
            array: right,
        }) => two(left, right, context),
        Expr::In {
            expr: left,
            target,
            negated: _,
            global,
        } => {
            never(*global, "GLOBAL IN")?;
            self::expr(left, context)?;
            within(target, context)
        }
        Expr::Between {
            expr: inner,
            negated: _,
            low,
            high,
        } => {
            self::expr(inner, context)?;
            two(low, high, context)
        }
        Expr::BinaryOp { left, op, right } => {
            operator::binary(op)?;
            two(left, right, context)
        }
        Expr::AnyOp {
            left,
            compare_op,
            right,
            is_some: _,
        }
        | Expr::AllOp {
            left,
            compare_op,
            right,
        } => {
            operator::binary(compare_op)?;
            two(left, right, context)
        }
        Expr::UnaryOp { op, expr: inner } => {
            operator::unary(*op);
            self::expr(inner, context)
        }
        Expr::Like {
            negated: _,
            any: _,
            expr: inner,
            pattern,
            escape_char,
        }
        | Expr::ILike {
            negated: _,
            any: _,
            expr: inner,
            pattern,
            escape_char,
        }
        | Expr::SimilarTo {
            negated: _,
            expr: inner,
            pattern,
            escape_char,
        } => {
            two(inner, pattern, context)?;
            optional(escape_char.as_deref_mut(), context)
        }
        Expr::Convert {
            is_try,
            expr: inner,
            data_type,
            charset,
            target_before_value,
            styles,
        } => {
            never(*is_try, "TRY_CONVERT")?;
            never(*target_before_value, "CONVERT with the type first")?;
            absent(styles.first())?;
            if let Some(charset) = charset {
                context.name(charset)?;
            }
            if let Some(data_type) = data_type {
                typed(data_type, context)?;
            }
            self::expr(inner, context)
        }
        Expr::Cast {
            kind,
            expr: inner,
            data_type,
            format,
        } => {
            absent(format.as_ref())?;
            match kind {
                CastKind::Cast => {}
                CastKind::DoubleColon if context.dialect() == Dialect::PostgreSql => {}
                CastKind::DoubleColon | CastKind::TryCast | CastKind::SafeCast => {
                    return Err(Refused::new(Reason::Expression, &*expr));
                }
            }
            typed(data_type, context)?;
            self::expr(inner, context)
        }
        Expr::TypedString(TypedString {
            data_type,
            value,
            uses_odbc_syntax,
        }) => {
            never(*uses_odbc_syntax, "{d …}")?;
            typed(data_type, context)?;
            value::value(value, context)
        }
        Expr::Extract {
            field,
            syntax: _,
            expr: inner,
        } => {
            self::field(field, context)?;
            self::expr(inner, context)
        }
        Expr::Ceil { expr: inner, field } | Expr::Floor { expr: inner, field } => {
            match field {
                CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) => {}
                CeilFloorKind::DateTimeField(field) => self::field(field, context)?,
                CeilFloorKind::Scale(scale) => value::value(scale, context)?,
            }
            self::expr(inner, context)
        }
        Expr::Interval(interval) => self::interval(interval, context),
        Expr::Substring {
            expr: inner,
            substring_from,
            substring_for,
            special: _,
            shorthand: _,
        } => {
            self::expr(inner, context)?;
            optional(substring_from.as_deref_mut(), context)?;
            optional(substring_for.as_deref_mut(), context)
        }
        Expr::Trim {
            trim_where: _,
            trim_what,
            expr: inner,
            trim_characters,
        } => {
            optional(trim_what.as_deref_mut(), context)?;
            self::expr(inner, context)?;
            exprs(trim_characters.as_deref_mut().unwrap_or_default(), context)
        }
        Expr::Overlay {
            expr: inner,
            overlay_what,
            overlay_from,
            overlay_for,
        } => {
            self::expr(inner, context)?;
            two(overlay_what, overlay_from, context)?;
            optional(overlay_for.as_deref_mut(), context)
        }
        Expr::Collate {
            expr: inner,
            collation,
        } => {
            context.name(collation)?;
            self::expr(inner, context)
        }
        Expr::Value(value) => value::value(value, context),
        Expr::Function(call) => function::function(call, context),
        Expr::Case {
            case_token: _,
            end_token: _,
            operand,
            conditions,
            else_result,
        } => {
            optional(operand.as_deref_mut(), context)?;
            for CaseWhen { condition, result } in conditions {
                two(condition, result, context)?;
            }
            optional(else_result.as_deref_mut(), context)
        }
        Expr::Exists {
            subquery,
            negated: _,
        }
        | Expr::Subquery(subquery) => query(subquery, context),
        Expr::GroupingSets(sets) | Expr::Cube(sets) | Expr::Rollup(sets) => {
            for set in sets {
                exprs(set, context)?;
            }
            Ok(())
        }
        Expr::Tuple(parts) => exprs(parts, context),
        Expr::Array(Array { elem, named: _ }) => {
            never(context.dialect() != Dialect::PostgreSql, "ARRAY")?;
            exprs(elem, context)
        }
        Expr::JsonAccess { value: _, path: _ }
        | Expr::Prefixed {
            prefix: _,
            value: _,
        }
        | Expr::Struct {
            values: _,
            fields: _,
        }
        | Expr::Named { expr: _, name: _ }
        | Expr::Dictionary(_)
        | Expr::Map(_)
        | Expr::MatchAgainst {
            columns: _,
            match_value: _,
            opt_search_modifier: _,
        }
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(_, _)
        | Expr::OuterJoin(_)
        | Expr::Prior(_)
        | Expr::Lambda(_) => Err(Refused::new(Reason::Expression, &*expr)),
    }
}

/// Scopes each of them.
pub(super) fn exprs(list: &mut [Expr], context: &mut Context<'_>) -> Result<(), Refused> {
    list.iter_mut().try_for_each(|one| expr(one, context))
}

/// Scopes it, if it is there.
pub(super) fn optional(one: Option<&mut Expr>, context: &mut Context<'_>) -> Result<(), Refused> {
    one.map_or(Ok(()), |one| expr(one, context))
}

fn two(left: &mut Expr, right: &mut Expr, context: &mut Context<'_>) -> Result<(), Refused> {
    expr(left, context)?;
    expr(right, context)
}

fn typed(data_type: &DataType, context: &mut Context<'_>) -> Result<(), Refused> {
    types::allowed(context.schema(), data_type)?;
    context.text(data_type);
    Ok(())
}

/// What is right of IN. `IN t` is SQLite's `IN (SELECT * FROM t)`.
fn within(target: &mut InTarget, context: &mut Context<'_>) -> Result<(), Refused> {
    match target {
        InTarget::List(list) => exprs(list, context),
        InTarget::Subquery(subquery) => query(subquery, context),
        InTarget::Unnest(_) => Err(Refused::new(Reason::Expression, &*target)),
        InTarget::Table { name, args } => {
            never(args.is_some(), "IN with a function of tables")?;
            match context.resolve(name)? {
                Relation::Cte | Relation::Shared => context.name(name),
                Relation::Scoped { column } => {
                    let own = substitute::own(name, &column, None, Vec::new(), context)?;
                    *target = InTarget::Subquery(Box::new(substitute::all_of(own)));
                    Ok(())
                }
            }
        }
    }
}

/// `a[1]`, `t.a[1:2]`. Behind anything but names a dot is refused: on PostgreSQL `(x).f` calls the function `f`.
fn access(
    root: &mut Expr,
    chain: &mut [AccessExpr],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    let mut parts = Vec::new();
    for link in chain.iter() {
        match (link, &*root) {
            (AccessExpr::Dot(Expr::Identifier(part)), Expr::Identifier(table)) => {
                if parts.is_empty() {
                    parts.push(table.clone());
                }
                parts.push(part.clone());
            }
            (AccessExpr::Dot(other), _) => return Err(Refused::new(Reason::Expression, other)),
            (AccessExpr::Subscript(_), _) => break,
        }
    }
    match parts.as_slice() {
        [] => expr(root, context)?,
        [table, column] => {
            context.ident(table)?;
            context.column(column)?;
        }
        _ => return Err(Refused::new(Reason::Expression, &*root)),
    }
    let behind = chain.iter_mut().skip(parts.len().saturating_sub(1));
    for link in behind {
        match link {
            AccessExpr::Dot(name) => return Err(Refused::new(Reason::Expression, &*name)),
            AccessExpr::Subscript(Subscript::Index { index }) => expr(index, context)?,
            AccessExpr::Subscript(Subscript::Slice {
                lower_bound,
                upper_bound,
                stride,
            }) => {
                optional(lower_bound.as_mut(), context)?;
                optional(upper_bound.as_mut(), context)?;
                absent(stride.as_ref())?;
            }
        }
    }
    Ok(())
}

fn interval(interval: &mut Interval, context: &mut Context<'_>) -> Result<(), Refused> {
    let Interval {
        value,
        leading_field,
        leading_precision: _,
        last_field,
        fractional_seconds_precision: _,
    } = interval;
    for field in [leading_field, last_field].into_iter().flatten() {
        self::field(field, context)?;
    }
    expr(value, context)
}

/// A field of a date: a word that is no name.
fn field(field: &DateTimeField, context: &mut Context<'_>) -> Result<(), Refused> {
    let text = field.to_string();
    if text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        context.text(&text);
        Ok(())
    } else {
        Err(Refused::new(Reason::Expression, field))
    }
}
