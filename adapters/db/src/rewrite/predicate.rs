//! The one condition that makes a row the tenant's, exact in every dialect.

use sqlparser::ast::{BinaryOperator, CastKind, DataType, Expr, Ident, ObjectName, ObjectNamePart};

use crate::{Dialect, Refused};

use super::context::Context;
use super::words;

/// `qualifier.column` equals the tenant's placeholder: exactly, whatever the column's collation.
///
/// Notes the words it writes. Several comparisons come in parentheses, so that it can stand beside any operator.
///
/// # Errors
/// If one of the two is not an identifier in every setting of the dialect.
pub(crate) fn predicate(
    qualifier: &Ident,
    column: &str,
    context: &mut Context<'_>,
) -> Result<Expr, Refused> {
    let own = qualified(qualifier, column, context)?;
    let tenant = context.tenant();
    match context.dialect() {
        Dialect::PostgreSql => Ok(both(own, BinaryOperator::Eq, tenant)),
        // A column declared NOCASE would take ACME for acme.
        Dialect::Sqlite => {
            let exact = Expr::Collate {
                expr: Box::new(tenant),
                collation: ObjectName(vec![ObjectNamePart::Identifier(Ident::new("BINARY"))]),
            };
            Ok(both(own, BinaryOperator::Eq, exact))
        }
        // The first comparison finds rows by the index, the second is exact: of both sides, since a number would have the
        // tenant's bytes made a number, and `acme` is 0.
        Dialect::MySql => {
            let again = qualified(qualifier, column, context)?;
            let found = both(own, BinaryOperator::Eq, tenant);
            let exact = both(bytes(again), BinaryOperator::Eq, bytes(context.tenant()));
            Ok(Expr::Nested(Box::new(both(
                found,
                BinaryOperator::And,
                exact,
            ))))
        }
    }
}

fn bytes(of: Expr) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(of),
        data_type: DataType::Binary(None),
        format: None,
    }
}

fn both(left: Expr, op: BinaryOperator, right: Expr) -> Expr {
    Expr::BinaryOp {
        left: Box::new(left),
        op,
        right: Box::new(right),
    }
}

fn qualified(qualifier: &Ident, column: &str, context: &mut Context<'_>) -> Result<Expr, Refused> {
    context.ident(qualifier)?;
    let column = self::column(column, context)?;
    Ok(Expr::CompoundIdentifier(vec![qualifier.clone(), column]))
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
    let lower = |c: char| c.is_ascii_lowercase() || c == '_';
    let plain = name.starts_with(lower)
        && name.chars().all(|c| lower(c) || c.is_ascii_digit())
        && !words::is_keyword(name);
    let ident = if plain {
        Ident::new(name)
    } else {
        Ident::with_quote(quote, name)
    };
    context.ident(&ident)?;
    Ok(ident)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;
    use crate::rewrite::compiled::Compiled;

    fn printed(dialect: Dialect, column: &str) -> String {
        let schema = Compiled::new(dialect, &Schema::new()).unwrap();
        let mut context = Context::new(&schema, "$9");
        predicate(&Ident::new("t"), column, &mut context)
            .unwrap()
            .to_string()
    }

    #[test]
    fn it_is_exact_whatever_the_collation_of_the_column() {
        assert_eq!(
            printed(Dialect::PostgreSql, "tenant_id"),
            "t.tenant_id = $9"
        );
        assert_eq!(
            printed(Dialect::Sqlite, "tenant_id"),
            "t.tenant_id = $9 COLLATE BINARY"
        );
        assert_eq!(
            printed(Dialect::MySql, "tenant_id"),
            "(t.tenant_id = $9 AND CAST(t.tenant_id AS BINARY) = CAST($9 AS BINARY))"
        );
    }

    #[test]
    fn a_column_that_sql_would_fold_or_misread_is_quoted() {
        assert_eq!(printed(Dialect::PostgreSql, "OrgId"), "t.\"OrgId\" = $9");
        assert_eq!(printed(Dialect::PostgreSql, "user"), "t.\"user\" = $9");
        assert_eq!(printed(Dialect::PostgreSql, "a\"b"), "t.\"a\"\"b\" = $9");
        assert!(printed(Dialect::MySql, "OrgId").starts_with("(t.`OrgId` = $9 AND"));
    }
}
