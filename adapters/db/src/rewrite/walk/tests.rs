//! What the walk makes of statements, rule by rule.

mod clauses;
mod ctes;
mod expressions;
mod names;
mod relations;

use sqlparser::ast::Statement;
use sqlparser::tokenizer::Token;

use crate::rewrite::compiled::Compiled;
use crate::rewrite::context::Context;
use crate::rewrite::pipeline::parse;
use crate::rewrite::text::{self, read};
use crate::{Dialect, Reason, Refused, Schema};

pub(super) const PG: Dialect = Dialect::PostgreSql;
pub(super) const LITE: Dialect = Dialect::Sqlite;
pub(super) const MY: Dialect = Dialect::MySql;
pub(super) const ALL: [Dialect; 3] = [PG, LITE, MY];

/// `r` and `o` are tenants', `c` is everybody's, and nothing else may be touched.
fn schema() -> Schema {
    Schema::new()
        .scoped("r")
        .scoped_by("o", "org_id")
        .scoped("app.r")
        .scoped("Mixed")
        .shared("c")
}

fn tenant(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::PostgreSql => "$9",
        Dialect::Sqlite | Dialect::MySql => "?9",
    }
}

fn parsed(dialect: Dialect, sql: &str) -> Result<Statement, Refused> {
    parse(dialect, read(dialect, sql)?.tokens)
}

/// What a query becomes, with placeholder 9 for the tenant.
fn walked(dialect: Dialect, sql: &str) -> Result<String, Refused> {
    let compiled = Compiled::new(dialect, &schema()).unwrap();
    let mut context = Context::new(&compiled, tenant(dialect));
    let Statement::Query(mut query) = parsed(dialect, sql)? else {
        panic!("no query: {sql}");
    };
    super::query(&mut query, &mut context)?;
    let printed = query.to_string();
    counted(dialect, &printed, &context);
    let again = parse(dialect, text::printed(dialect, &printed).unwrap()).unwrap();
    assert!(
        again == Statement::Query(query),
        "read again, it is another: {printed}"
    );
    Ok(printed)
}

/// Every word that names a tenant's table was noted, and none that is not there.
fn counted(dialect: Dialect, printed: &str, context: &Context<'_>) {
    let tokens = text::printed(dialect, printed).unwrap();
    for (word, expected) in context.words() {
        let there = tokens
            .iter()
            .filter(
                |token| matches!(&token.token, Token::Word(w) if w.value.to_ascii_lowercase() == *word),
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
        Dialect::Sqlite => format!("{bare}.{column} = ?9 COLLATE BINARY"),
        Dialect::MySql => {
            format!(
                "({bare}.{column} = ?9 AND CAST({bare}.{column} AS BINARY) = CAST(?9 AS BINARY))"
            )
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

/// Refused already because the parser, or the text stage before it, does not read it.
fn unread(dialects: &[Dialect], sql: &str) {
    for dialect in dialects {
        assert!(parsed(*dialect, sql).is_err(), "{dialect:?} reads {sql}");
    }
}
