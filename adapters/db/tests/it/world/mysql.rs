//! What a statement for MySQL became, looked at without a server: every table of the tenants stands in the one form.

use tollgate_db::Scoped;

/// The tables of the tenants, and the column that says whose a row is.
const TABLES: [(&str, &str); 4] = [
    ("resources", "tenant_id"),
    ("orders", "org_id"),
    ("open_resources", "tenant_id"),
    ("Notes", "tenant_id"),
];

/// Where a table's name may follow: reading it, or naming the target of a change.
const READS: [&str; 3] = ["FROM", "JOIN", ","];
const CHANGES: [&str; 3] = ["INSERT INTO", "UPDATE", "DELETE FROM"];

/// # Panics
/// If a table of the tenants stands where it is read, and is not compared with the tenant behind.
pub(crate) fn look(scoped: &Scoped) {
    let sql = scoped.sql().replace('`', "");
    for (table, column) in TABLES {
        // A CTE of that name: what it hides is looked at on the other databases.
        if [format!("{table} AS ("), format!("{table} (id) AS (")]
            .iter()
            .any(|cte| sql.contains(cte))
        {
            continue;
        }
        for (at, _) in sql.match_indices(table) {
            let (before, behind) = (sql[..at].trim_end(), &sql[at + table.len()..]);
            let whole = !sql[..at].ends_with(is_word) && !behind.starts_with(is_word);
            let read = READS.iter().any(|word| before.ends_with(word));
            if !whole || !read || behind.starts_with('.') {
                continue;
            }
            let change = CHANGES.iter().any(|words| before.ends_with(words));
            let exact = format!(
                " WHERE ({table}.{column} = ? AND CAST({table}.{column} AS BINARY) = CAST(? AS BINARY))"
            );
            if change {
                let kind = scoped.sql().starts_with("DELETE");
                assert!(!kind || behind.contains(&exact[6..]), "{table} in {sql}");
            } else {
                assert!(before.ends_with("(SELECT * FROM"), "{table} in {sql}");
                assert!(behind.starts_with(&exact), "{table} in {sql}");
            }
        }
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
