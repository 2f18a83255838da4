//! What the tests of the rewriter's parts have in common.

use crate::{Dialect, Reason, Refused, Schema, Scoped};

use super::compiled::Compiled;
use super::pipeline;

pub(crate) const PG: Dialect = Dialect::PostgreSql;
pub(crate) const SQLITE: Dialect = Dialect::Sqlite;
pub(crate) const MYSQL: Dialect = Dialect::MySql;
pub(crate) const ALL: [Dialect; 3] = [PG, SQLITE, MYSQL];

/// `resources` and `orders` are tenants', the latter by `org_id`; `countries` is everybody's.
pub(crate) fn schema(dialect: Dialect) -> Compiled {
    let schema = Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .shared("countries");
    Compiled::new(dialect, &schema).unwrap()
}

pub(crate) fn rewrite(dialect: Dialect, sql: &str) -> Result<Scoped, Refused> {
    pipeline::rewrite(&schema(dialect), sql)
}

/// `sql` becomes `scoped`.
#[track_caller]
pub(crate) fn becomes(dialect: Dialect, sql: &str, scoped: &str) {
    match rewrite(dialect, sql) {
        Ok(found) => assert_eq!(found.sql().as_ref(), scoped, "{dialect:?}: {sql}"),
        Err(refused) => panic!("{dialect:?}: {sql}: {refused}"),
    }
}

/// `sql` is refused for `reason`.
#[track_caller]
pub(crate) fn refused(dialect: Dialect, sql: &str, reason: &Reason) {
    match rewrite(dialect, sql) {
        Ok(found) => panic!("{dialect:?}: {sql}: became {}", found.sql()),
        Err(refused) => assert_eq!(refused.reason(), reason, "{dialect:?}: {sql}: {refused}"),
    }
}

/// `sql` does not parse in this dialect, which is as good a refusal as any.
#[track_caller]
pub(crate) fn unparsed(dialect: Dialect, sql: &str) {
    match rewrite(dialect, sql) {
        Ok(found) => panic!("{dialect:?}: {sql}: became {}", found.sql()),
        Err(refused) => assert!(
            matches!(refused.reason(), Reason::Syntax(_)),
            "{dialect:?}: {sql}: {refused}"
        ),
    }
}
