//! What holds on every database, statement by statement.

/// `$house` is a module with `open() -> (Pool, TenantDb)`, and `sql(&str)` for `?` as the database has it.
macro_rules! promises {
    ($house:ident) => {
        use crate::pools::tenant;
        use sqlx::Row;
        use tollgate_db::{AdminDb, DbError};

        type Name = (i64, String);

        #[tokio::test]
        async fn each_tenant_reads_its_own_rows_whichever_way_it_fetches_them() {
            let (_pool, db) = $house::open().await;
            for name in crate::pools::TENANTS {
                let scope = db.for_tenant(&tenant(name));
                let first = format!("{name}-0");
                let all: Vec<String> = (0..3).map(|n| format!("{name}-{n}")).collect();
                let sql = "SELECT name FROM resources ORDER BY name";

                let rows = scope.query(sql).fetch_all().await.unwrap();
                let names: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                assert_eq!(names, all);
                let one: String = scope.query_scalar(sql).fetch_one().await.unwrap();
                assert_eq!(one, first);
                let maybe = scope.query_scalar::<String>(sql).fetch_optional().await;
                assert_eq!(maybe.unwrap(), Some(first.clone()));
                let tuples = scope.query_as::<(String,)>(sql).fetch_all().await.unwrap();
                assert_eq!(tuples.len(), 3);
                let mut stream = scope.query_scalar::<String>(sql).fetch();
                let mut streamed = Vec::new();
                while let Some(name) = stream.next().await {
                    streamed.push(name.unwrap());
                }
                assert_eq!(streamed, all);
            }
        }

        #[tokio::test]
        async fn values_reach_their_own_places_whatever_the_tenant_adds() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let sql = $house::sql(
                "SELECT status, name FROM resources WHERE name = ? AND status = ? OR name = ?",
            );
            let row = acme.query_as::<(i64, String)>(sql);
            let row = row.bind("acme-1").bind(1_i64).bind("globex-2").fetch_all();
            assert_eq!(row.await.unwrap(), [(1, "acme-1".to_owned())]);
        }

        #[tokio::test]
        async fn what_a_tenant_writes_is_its_own_and_others_keep_theirs() {
            let (pool, db) = $house::open().await;
            let admin = AdminDb::new(pool);
            let all = "SELECT status, tenant_id FROM resources ORDER BY tenant_id, name";
            let globex = async || -> Vec<Name> {
                let rows = sqlx::query_as::<_, Name>(all).fetch_all(admin.pool());
                let rows = rows.await.unwrap().into_iter();
                rows.filter(|(_, tenant)| tenant == "globex").collect()
            };
            let before = globex().await;

            let acme = db.for_tenant(&tenant("acme"));
            let insert = $house::sql("INSERT INTO resources (name, status) VALUES (?, ?)");
            let done = acme.query(insert).bind("new").bind(7_i64).execute().await;
            assert_eq!(done.unwrap().rows_affected(), 1);
            let update = $house::sql("UPDATE resources SET status = ? WHERE status >= ?");
            let done = acme.query(update).bind(9_i64).bind(0_i64).execute().await;
            assert_eq!(done.unwrap().rows_affected(), 4);
            let done = acme
                .query("DELETE FROM resources WHERE status = 9")
                .execute();
            assert_eq!(done.await.unwrap().rows_affected(), 4);

            assert_eq!(globex().await, before);
            assert_eq!(before.len(), 3);
        }

        #[tokio::test]
        async fn a_refused_statement_and_a_wrong_number_of_values_never_reach_the_database() {
            let (pool, db) = $house::open().await;
            pool.close().await;
            let acme = db.for_tenant(&tenant("acme"));

            let refused = acme.query("DROP TABLE resources").execute().await;
            assert!(refused.unwrap_err().is_refused());
            let sql = || $house::sql("SELECT name FROM resources WHERE name = ? AND status = ?");
            for given in [0, 1, 3, 4] {
                let query = (0..given).fold(acme.query(sql()), |query, _| query.bind("x"));
                match query.fetch_all().await.unwrap_err() {
                    DbError::Binds {
                        given: told,
                        wanted: 2,
                    } => assert_eq!(told, given),
                    other => panic!("{given} values: {other:?}"),
                }
            }
            let mut stream = acme.query(sql()).bind("x").fetch();
            let first = stream.next().await.unwrap();
            assert!(matches!(
                first,
                Err(DbError::Binds {
                    given: 1,
                    wanted: 2
                })
            ));
            assert!(stream.next().await.is_none());

            let right = acme.query(sql()).bind("x").bind(1_i64).fetch_all().await;
            assert!(matches!(
                right,
                Err(DbError::Database(sqlx::Error::PoolClosed))
            ));
        }

        #[tokio::test]
        async fn no_row_and_a_row_of_another_type_are_told_apart_and_harm_nobody() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let none = "SELECT status FROM resources WHERE status = 77";
            let error = acme.query(none).fetch_one().await.unwrap_err();
            assert!(
                error.is_row_not_found() && !error.is_transient(),
                "{error:?}"
            );

            let text = "SELECT name FROM resources";
            for _ in 0..5 {
                let error = acme
                    .query_scalar::<i64>(text)
                    .fetch_all()
                    .await
                    .unwrap_err();
                assert!(
                    !error.is_row_not_found() && !error.is_refused(),
                    "{error:?}"
                );
                let mut stream = acme.query_scalar::<i64>(text).fetch();
                assert!(stream.next().await.unwrap().is_err());
                drop(stream);
            }
            assert_eq!(acme.query(text).fetch_all().await.unwrap().len(), 3);
        }

        #[tokio::test]
        async fn a_key_that_exists_is_told_apart_from_other_failures() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let sql = "INSERT INTO resources (name, status) VALUES ('acme-0', 1)";
            let error = acme.query(sql).execute().await.unwrap_err();
            assert!(error.is_unique_violation(), "{error:?}");
            assert!(!error.is_foreign_key_violation() && !error.is_transient());
            let says = error.to_string();
            assert!(
                says.starts_with("the database refused the statement (code "),
                "{says}"
            );
            let cause = std::error::Error::source(&error).unwrap();
            assert!(
                cause.to_string().to_lowercase().contains("unique")
                    || cause.to_string().contains("Duplicate")
            );
            // Another tenant's key is no hindrance.
            let globex = db.for_tenant(&tenant("globex"));
            globex.query(sql).execute().await.unwrap();
        }

        #[tokio::test]
        async fn a_scope_its_queries_and_its_streams_go_into_spawned_tasks() {
            let (_pool, db) = $house::open().await;
            let sql = "SELECT name FROM resources ORDER BY name";
            let tasks: Vec<_> = crate::pools::TENANTS
                .into_iter()
                .map(|name| {
                    let mut stream = db
                        .for_tenant(&tenant(name))
                        .query_scalar::<String>(sql)
                        .fetch();
                    tokio::spawn(async move {
                        let first = stream.next().await.unwrap().unwrap();
                        (name, first)
                    })
                })
                .collect();
            for task in tasks {
                let (name, first) = task.await.unwrap();
                assert_eq!(first, format!("{name}-0"));
            }
        }
    };
}
