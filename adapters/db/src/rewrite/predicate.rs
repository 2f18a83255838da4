//! The one condition that makes a row the tenant's, exact in every dialect.

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Ident, ObjectName, ObjectNamePart};

use crate::{Dialect, Refused};

use super::context::Context;

/// `qualifier.column` equals the tenant's placeholder: exactly, whatever the column's collation.
///
/// Notes the qualifier. Several comparisons come in parentheses of their own, so that it can stand beside any operator.
///
/// # Errors
/// If the qualifier is not an identifier in every setting of the dialect.
pub(crate) fn predicate(
    qualifier: &Ident,
    column: &str,
    context: &mut Context<'_>,
) -> Result<Expr, Refused> {
    let equals = |left: Expr, right: Expr| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::Eq,
        right: Box::new(right),
    };
    let mut own = || -> Result<Expr, Refused> {
        context.ident(qualifier)?;
        let column = self::column(column, context)?;
        Ok(Expr::CompoundIdentifier(vec![qualifier.clone(), column]))
    };
    let left = own()?;
    match context.dialect() {
        Dialect::PostgreSql => Ok(equals(left, context.tenant())),
        // A column declared NOCASE would take ACME for acme.
        Dialect::Sqlite => Ok(equals(
            left,
            Expr::Collate {
                expr: Box::new(context.tenant()),
                collation: ObjectName(vec![ObjectNamePart::Identifier(Ident::new("BINARY"))]),
            },
        )),
        // The first finds rows by the index, the second is exact.
        Dialect::MySql => {
            let finds = equals(left, context.tenant());
            let again = {
                context.ident(qualifier)?;
                let column = self::column(column, context)?;
                Expr::CompoundIdentifier(vec![qualifier.clone(), column])
            };
            let exact = equals(
                again,
                Expr::Cast {
                    kind: CastKind::Cast,
                    expr: Box::new(context.tenant()),
                    data_type: DataType::Binary(None),
                    format: None,
                },
            );
            Ok(Expr::Nested(Box::new(Expr::BinaryOp {
                left: Box::new(finds),
                op: BinaryOperator::And,
                right: Box::new(exact),
            })))
        }
    }
}

/// A declared column as an identifier that means it and nothing else; noted.
///
/// # Errors
/// If the dialect has no such identifier.
pub(crate) fn column(name: &str, context: &mut Context<'_>) -> Result<Ident, Refused> {
    let quote = match context.dialect() {
        Dialect::PostgreSql | Dialect::Sqlite => '"',
        Dialect::MySql => '`',
    };
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !super::names::is_keyword(name);
    let ident = if plain {
        Ident::new(name)
    } else {
        Ident::with_quote(quote, name)
    };
    context.ident(&ident)?;
    Ok(ident)
}
