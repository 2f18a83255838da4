//! One statement from text to text: each step refuses what the next could not trust.

use sqlparser::ast::Statement;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::TokenWithSpan;

use crate::scoped::Kind;
use crate::{Bind, Dialect, Reason, Refused, Scoped};

use super::check::check;
use super::compiled::Compiled;
use super::context::Context;
use super::text::{Lexeme, Shape, caps, parser_dialect, placeholders, read};
use super::{dml, stack};

/// What `sql` becomes. Takes a thread, for the time it works.
///
/// # Complexity
/// Linear in the tokens for statements that people write; the parser may try a part of a statement more than once.
pub(crate) fn rewrite(schema: &Compiled, sql: &str) -> Result<Scoped, Refused> {
    caps::bytes(sql)?;
    stack::roomy(|| on_this_stack(schema, sql))
}

fn on_this_stack(schema: &Compiled, sql: &str) -> Result<Scoped, Refused> {
    let dialect = schema.dialect();
    let read = read(dialect, sql)?;
    let tenant = placeholders::written(dialect, read.callers.saturating_add(1));
    let mut statement = parse(dialect, read.tokens)?;
    let mut context = Context::new(schema, tenant.clone());
    scope(&mut statement, &mut context)?;
    let text = statement.to_string();
    let lexemes = check(&text, &statement, &read.literals, &tenant, &context)?;
    let (sql, binds) = bind(dialect, &text, &lexemes, read.callers)?;
    let kind = if context.writes() {
        Kind::Write
    } else {
        Kind::Read
    };
    Ok(Scoped {
        sql: sql.into(),
        binds: binds.into(),
        kind,
    })
}

/// Reads one statement.
pub(super) fn parse(dialect: Dialect, tokens: Vec<TokenWithSpan>) -> Result<Statement, Refused> {
    let mut statements = Parser::new(parser_dialect(dialect))
        .with_recursion_limit(caps::RECURSION)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| not_understood(dialect, &error))?;
    match (statements.pop(), statements.len()) {
        (Some(statement), 0) => Ok(statement),
        (_, left) => {
            let count = left.saturating_add(1);
            Err(Refused::new(
                Reason::Statements(count),
                "the whole statement",
            ))
        }
    }
}

/// On PostgreSQL a question mark in the place of a value is a placeholder of another database.
fn not_understood(dialect: Dialect, error: &ParserError) -> Refused {
    if dialect == Dialect::PostgreSql && error.to_string().contains("found: ? ") {
        let at = "? (PostgreSQL's placeholders are $1, $2, …)";
        return Refused::new(Reason::Placeholder, at);
    }
    Refused::syntax(error, "the whole statement")
}

fn scope(statement: &mut Statement, context: &mut Context<'_>) -> Result<(), Refused> {
    if let Statement::Query(query) = statement {
        dml::query(query, context)
    } else {
        dml::statement(statement, context)
    }
}

/// The text with the dialect's own placeholders, and what to bind to them.
fn bind(
    dialect: Dialect,
    text: &str,
    lexemes: &[Lexeme<'_>],
    callers: usize,
) -> Result<(String, Vec<Bind>), Refused> {
    let tenant = callers.saturating_add(1);
    let mut numbers = Vec::new();
    for lexeme in lexemes {
        if lexeme.shape == Shape::Placeholder {
            match placeholders::read_back(dialect, lexeme.text) {
                Some(number) if number <= tenant => numbers.push((number, lexeme.range.clone())),
                _ => return Err(Refused::new(Reason::Unverified, lexeme.text)),
            }
        }
    }
    let as_bind = |number: usize| {
        if number == tenant {
            Bind::Tenant
        } else {
            Bind::Caller(number)
        }
    };
    if dialect != Dialect::MySql {
        let scoped = numbers.iter().any(|(number, _)| *number == tenant);
        let last = if scoped { tenant } else { callers };
        return Ok((text.to_owned(), (1..=last).map(as_bind).collect()));
    }
    let mut sql = String::with_capacity(text.len());
    let mut from = 0;
    for (_, range) in &numbers {
        sql.push_str(text.get(from..range.start).unwrap_or_default());
        sql.push('?');
        from = range.end;
    }
    sql.push_str(text.get(from..).unwrap_or_default());
    let binds: Vec<Bind> = numbers.iter().map(|(number, _)| as_bind(*number)).collect();
    let own = binds.iter().filter(|bind| **bind != Bind::Tenant);
    if !own.copied().eq((1..=callers).map(Bind::Caller)) {
        return Err(Refused::new(
            Reason::Unverified,
            "the order of the placeholders",
        ));
    }
    Ok((sql, binds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    const ALL: [Dialect; 3] = [Dialect::PostgreSql, Dialect::Sqlite, Dialect::MySql];

    fn schema(dialect: Dialect) -> Compiled {
        let schema = Schema::new().scoped("resources").shared("countries");
        Compiled::new(dialect, &schema).unwrap()
    }

    /// Statements as deep as the caps let them be, each in a way of its own.
    fn deep() -> Vec<String> {
        let nested = |open: &str, levels: usize, close: &str| {
            format!("SELECT {}1{}", open.repeat(levels), close.repeat(levels))
        };
        let chained =
            |first: &str, more: &str, times: usize| format!("SELECT {first}{}", more.repeat(times));
        vec![
            nested("(", 64, ")"),
            nested("(SELECT ", 64, ")"),
            nested("EXISTS (SELECT ", 64, ")"),
            nested("abs(", 64, ")"),
            nested("a IN (", 64, ")"),
            nested("1 + coalesce(CASE WHEN NOT (", 30, ") THEN 1 END)"),
            nested("NOT ", 250, ""),
            nested("CASE WHEN 1 THEN ", 240, " END"),
            chained("a", " OR a", 1_990),
            chained("a", " AND a IS NOT NULL", 660),
            chained("a", " || 'a'", 1_990),
            chained("a", " IS NULL", 1_990),
            chained("a", " LIKE 'a'", 1_990),
            chained("a", " BETWEEN 1 AND 2", 990),
            chained("1", " UNION SELECT 1", 1_300),
            chained("1 FROM countries", " JOIN countries ON true", 990),
            chained("1 FROM countries", " NATURAL JOIN countries", 1_300),
            format!(
                "SELECT 1 FROM {}countries{}",
                "(".repeat(64),
                ")".repeat(64)
            ),
            format!(
                "SELECT 1 FROM {}countries{}",
                "(SELECT * FROM ".repeat(64),
                ") AS c".repeat(64)
            ),
            format!(
                "{}SELECT 1{}",
                "WITH c AS (".repeat(64),
                ") SELECT 1".repeat(64)
            ),
            format!(
                "SELECT {}1{} {}",
                "(SELECT ".repeat(60),
                ")".repeat(60),
                "OR a ".repeat(1_700)
            ),
        ]
    }

    #[test]
    fn the_deepest_statements_take_less_than_a_quarter_of_the_stack() {
        for dialect in ALL {
            let schema = schema(dialect);
            for sql in deep() {
                // A stack that is too small ends the process.
                let answer = stack::on(stack::BYTES / 4, || on_this_stack(&schema, &sql));
                let large = matches!(
                    answer.as_ref().map_err(Refused::reason),
                    Err(Reason::TooMuch {
                        what: "bytes" | "tokens" | "levels",
                        ..
                    })
                );
                assert!(!large, "{dialect:?}: {sql}");
            }
        }
    }
}
