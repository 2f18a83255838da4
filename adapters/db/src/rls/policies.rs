//! Writes the migration that puts tenants' tables under row-level security, and the one that takes it back.

use std::fmt::Write;

use crate::Schema;
use crate::schema::Access;

/// PostgreSQL's own schema for names without one.
const HOME: &str = "public";

/// The migration: every scoped table, and every partition of one, shows each tenant its own rows only.
///
/// It is one `DO` block: all of it happens, or nothing. Run it as the tables' owner, at every deploy if you like: it can
/// be repeated, and must be when a partition was added. It locks each table exclusively for an instant, so set a
/// `lock_timeout`.
///
/// Each table gets `ENABLE` and `FORCE ROW LEVEL SECURITY`, and two policies with the same condition, for all commands
/// and all roles, `USING` and `WITH CHECK`: `tollgate_tenant`, which is permissive, and `tollgate_tenant_only`, which is
/// restrictive. PostgreSQL joins permissive policies with OR, so a permissive one alone would be undone by any other
/// that somebody adds; a restrictive one alone shows nothing. PostgreSQL evaluates the condition once.
///
/// The condition is `tenant_id = NULLIF(current_setting('app.tenant_id', true), '')`: without the setting it is NULL,
/// and no row is seen; the same after a transaction that had set it, which leaves an empty string behind. A column of
/// type `uuid`, `bigint`, `integer` or `smallint` is compared as such, for its index, and as text, since `7` and `007`
/// are two tenants. Any other type than those and `text`, `varchar`, `char` and domains over them stops the migration, and so
/// does a collation that takes different strings for equal.
///
/// Views are left alone; [`check`](crate::rls) looks into what they read.
///
/// # Examples
/// ```
/// use tollgate_db::{Schema, rls};
///
/// let sql = rls::migration_sql(&Schema::new().scoped("resources").scoped_by("orders", "org_id"));
/// assert!(sql.contains("('public', 'orders', 'org_id')"));
/// ```
pub fn migration_sql(schema: &Schema) -> String {
    block(schema, include_str!("up.sql"))
}

/// Takes the migration back: drops the two policies, and turns row-level security off where no other policy is left.
///
/// The migration does not remember whether row-level security was on before it, so a table on which it was on without
/// any policy, which nobody could read, is open afterwards.
pub fn down_sql(schema: &Schema) -> String {
    block(schema, include_str!("down.sql"))
}

/// The scoped tables: schema, name and the tenant's column, as the catalog has them.
pub(crate) fn scoped(schema: &Schema) -> impl Iterator<Item = (&str, &str, &str)> {
    schema.tables.iter().filter_map(|(name, access)| {
        let space = name.schema.as_deref().unwrap_or_else(|| home(schema));
        match access {
            Access::Scoped { column } => Some((space, name.table.as_str(), column.as_str())),
            Access::Shared => None,
        }
    })
}

/// The schema of names without one.
pub(crate) fn home(schema: &Schema) -> &str {
    schema.home.as_deref().unwrap_or(HOME)
}

fn block(schema: &Schema, body: &str) -> String {
    let mut declared = String::new();
    for (space, table, column) in scoped(schema) {
        let (space, table, column) = (literal(space), literal(table), literal(column));
        let _infallible = write!(declared, "({space}, {table}, {column}),\n            ");
    }
    // A list can't be empty; this row is no table.
    declared.push_str("(NULL, NULL, NULL)");
    let body = body.replace("{declared}", &declared);
    let tag = tag_outside(&body);
    format!("DO ${tag}$\n{body}${tag}$;\n")
}

/// A word whose dollar quotes the text doesn't contain, whatever names are in it.
fn tag_outside(body: &str) -> String {
    let mut tag = "tollgate".to_owned();
    while body.contains(&format!("${tag}")) {
        tag.push('_');
    }
    tag
}

/// A string of SQL, the same whatever `standard_conforming_strings` says.
fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') {
        format!("E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_not_break_out_of_its_quotes() {
        let schema = Schema::new().scoped_by(("a'b", "c\\'d"), "$tollgate$; DROP TABLE x; --");
        let sql = migration_sql(&schema);
        assert!(sql.contains(r"('a''b', E'c\\''d', '$tollgate$; DROP TABLE x; --')"));
        let tag = sql.strip_prefix("DO $").unwrap().split('$').next().unwrap();
        assert_eq!(sql.matches(&format!("${tag}$")).count(), 2);
    }

    #[test]
    fn shared_tables_get_no_policy_and_the_default_schema_is_the_declared_one() {
        let schema = Schema::new().shared("countries").scoped("resources");
        assert!(!migration_sql(&schema).contains("countries"));
        assert!(
            down_sql(&schema.default_schema("app")).contains("('app', 'resources', 'tenant_id')")
        );
    }
}
