//! Attempts that once got through, on tables that the other attempts have none of.

use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::runtime::Builder;
use tollgate_db::{Bind, Dialect, Rewriter, Schema};

/// What a table says of conflicts is not for acme to use: the row in the way is globex's.
#[test]
fn a_table_that_replaces_on_conflict_keeps_the_others_rows() {
    let table = "CREATE TABLE tags (tenant_id TEXT, slug TEXT UNIQUE ON CONFLICT REPLACE);
        INSERT INTO tags VALUES ('globex', 'a'), ('acme', 'b');";
    let rewriter = Rewriter::new(Dialect::Sqlite, Schema::new().scoped("tags")).unwrap();
    let runtime = Builder::new_current_thread().build().unwrap();
    for sql in [
        "INSERT INTO tags (slug) VALUES ('a')",
        "INSERT INTO tags (slug) SELECT 'a'",
        "UPDATE tags SET slug = 'a'",
        "WITH a AS (SELECT 'a' AS slug) UPDATE tags SET slug = a.slug FROM a",
    ] {
        let scoped = rewriter.rewrite_afresh(sql).unwrap();
        assert_eq!(scoped.binds(), [Bind::Tenant]);
        let left: Vec<(String, String)> = runtime.block_on(async {
            let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            sqlx::raw_sql(table).execute(&mut database).await.unwrap();
            let text = AssertSqlSafe(scoped.sql().as_ref().to_owned());
            let done = sqlx::query(text).bind("acme").execute(&mut database).await;
            assert!(done.is_err(), "{}", scoped.sql());
            let all = "SELECT tenant_id, slug FROM tags ORDER BY slug";
            sqlx::query_as(all).fetch_all(&mut database).await.unwrap()
        });
        let rows = left.iter().map(|(tenant, slug)| format!("{tenant} {slug}"));
        assert_eq!(
            rows.collect::<Vec<_>>(),
            ["globex a", "acme b"],
            "{}",
            scoped.sql()
        );
    }
}
