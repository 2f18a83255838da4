//! What the walk makes of statements, rule by rule.

mod clauses;
mod ctes;
mod expressions;
mod names;
mod relations;

use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect as Grammar, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::rewrite::compiled::Compiled;
use crate::rewrite::context::Context;
use crate::{Dialect, Reason, Refused, Schema};

pub(super) const PG: Dialect = Dialect::PostgreSql;
pub(super) const LITE: Dialect = Dialect::Sqlite;
pub(super) const MY: Dialect = Dialect::MySql;
pub(super) const ALL: [Dialect; 3] = [PG, LITE, MY];

fn grammar(dialect: Dialect) -> Box<dyn Grammar> {
    match dialect {
        Dialect::PostgreSql => Box::new(PostgreSqlDialect {}),
        Dialect::Sqlite => Box::new(SQLiteDialect {}),
        Dialect::MySql => Box::new(MySqlDialect {}),
    }
}

/// `r` and `o` are tenants', `c` is everybody's, and nothing else may be touched.
fn schema() -> Schema {
    Schema::new()
        .scoped("r")
        .scoped_by("o", "org_id")
        .scoped("app.r")
        .scoped("Mixed")
        .shared("c")
}

/// What a query becomes, with `$9` for the tenant; a statement that does not parse is a mistake of the test.
fn walked(dialect: Dialect, sql: &str) -> Result<String, Refused> {
    let compiled = Compiled::new(dialect, &schema()).unwrap();
    let mut context = Context::new(&compiled, "$9");
    let grammar = grammar(dialect);
    let mut statements = Parser::parse_sql(&*grammar, sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    assert_eq!(statements.len(), 1, "{sql}");
    let Statement::Query(mut query) = statements.pop().unwrap() else {
        panic!("no query: {sql}");
    };
    super::query(&mut query, &mut context)?;
    let printed = query.to_string();
    counted(&*grammar, &printed, &context);
    let again = Parser::parse_sql(&*grammar, &printed).unwrap_or_else(|e| panic!("{printed}: {e}"));
    assert_eq!(
        again.first().map(ToString::to_string).as_ref(),
        Some(&printed),
        "printed and read again, it is the same"
    );
    Ok(printed)
}

/// Every word that names a tenant's table was noted, and none that is not there.
fn counted(grammar: &dyn Grammar, printed: &str, context: &Context<'_>) {
    let tokens = Tokenizer::new(grammar, printed).tokenize().unwrap();
    for (word, expected) in context.words() {
        let there = tokens
            .iter()
            .filter(
                |token| matches!(token, Token::Word(w) if w.value.to_ascii_lowercase() == *word),
            )
            .count();
        assert_eq!(there, *expected, "{word} in {printed}");
    }
}

/// The rows that are the tenant's, as printed.
fn own(dialect: Dialect, table: &str, alias: &str) -> String {
    let bare = table.rsplit('.').next().unwrap();
    let column = if bare == "o" { "org_id" } else { "tenant_id" };
    let predicate = match dialect {
        Dialect::PostgreSql => format!("{bare}.{column} = $9"),
        Dialect::Sqlite => format!("{bare}.{column} = $9 COLLATE BINARY"),
        Dialect::MySql => {
            format!("({bare}.{column} = $9 AND {bare}.{column} = CAST($9 AS BINARY))")
        }
    };
    format!("(SELECT * FROM {table} WHERE {predicate}) {alias}")
}

/// In every dialect of the list, `sql` becomes itself with each `{table alias}` replaced by the tenant's rows.
fn becomes(dialects: &[Dialect], sql: &str, expected: &str) {
    for dialect in dialects {
        let mut wanted = String::new();
        for piece in expected.split_inclusive(['{', '}']) {
            match piece.strip_suffix('}') {
                Some(table) => {
                    let (table, alias) = table.split_once(' ').unwrap();
                    wanted.pop();
                    wanted.push_str(&own(*dialect, table, alias));
                }
                None => wanted.push_str(piece),
            }
        }
        assert_eq!(walked(*dialect, sql).unwrap(), wanted, "{dialect:?}: {sql}");
    }
}

fn refused(dialects: &[Dialect], reason: &Reason, sql: &str) {
    for dialect in dialects {
        match walked(*dialect, sql) {
            Ok(printed) => panic!("{dialect:?}: {sql} became {printed}"),
            Err(refused) => assert_eq!(refused.reason(), reason, "{dialect:?}: {sql}: {refused}"),
        }
    }
}

/// That the parser itself does not read.
fn unread(dialects: &[Dialect], sql: &str) {
    for dialect in dialects {
        assert!(
            Parser::parse_sql(&*grammar(*dialect), sql).is_err(),
            "{dialect:?} reads {sql}"
        );
    }
}
