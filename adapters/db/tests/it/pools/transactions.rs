//! What holds on every database for several statements together.

/// As `promises!`, beside which it stands.
macro_rules! transactions {
    ($house:ident) => {
        const COUNT: &str = "SELECT COUNT(*) FROM resources";
        const ADD: &str = "INSERT INTO resources (name, status) VALUES ('new', 5)";
        const ADD_ANOTHER: &str = "INSERT INTO resources (name, status) VALUES ('other', 5)";

        async fn count(scope: &tollgate_db::ScopedDb<$house::Db>) -> i64 {
            scope.query_scalar(COUNT).fetch_one().await.unwrap()
        }

        #[tokio::test]
        async fn a_transaction_is_the_tenants_and_all_or_nothing() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));

            let mut tx = acme.begin().await.unwrap();
            assert_eq!(tx.tenant().as_str(), "acme");
            tx.query(ADD).execute().await.unwrap();
            assert_eq!(tx.query_scalar::<i64>(COUNT).fetch_one().await.unwrap(), 4);
            assert!(tx.query("COMMIT").execute().await.unwrap_err().is_refused());
            tx.rollback().await.unwrap();
            assert_eq!(count(&acme).await, 3);

            let mut tx = acme.begin().await.unwrap();
            tx.query(ADD).execute().await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(count(&acme).await, 4);
            assert_eq!(count(&db.for_tenant(&tenant("globex"))).await, 3);
        }

        #[tokio::test]
        async fn a_dropped_transaction_is_rolled_back_before_its_connection_serves_another() {
            let (pool, db) = $house::open().await;
            let most = usize::try_from(pool.options().get_max_connections()).unwrap();
            let acme = db.for_tenant(&tenant("acme"));
            for _ in 0..2 * most {
                let mut tx = acme.begin().await.unwrap();
                tx.query(ADD).execute().await.unwrap();
                drop(tx);
            }
            for _ in 0..2 * most {
                assert_eq!(count(&acme).await, 3);
            }
        }

        #[tokio::test]
        async fn a_savepoint_is_kept_or_undone_alone() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let mut tx = acme.begin().await.unwrap();

            let mut kept = tx.begin().await.unwrap();
            kept.query(ADD).execute().await.unwrap();
            let mut undone = kept.begin().await.unwrap();
            undone
                .query("DELETE FROM resources")
                .execute()
                .await
                .unwrap();
            undone.rollback().await.unwrap();
            kept.commit().await.unwrap();

            let mut dropped = tx.begin().await.unwrap();
            dropped.query(ADD_ANOTHER).execute().await.unwrap();
            drop(dropped);
            assert_eq!(tx.query_scalar::<i64>(COUNT).fetch_one().await.unwrap(), 4);

            let mut forgotten = tx.begin().await.unwrap();
            let mut deeper = forgotten.begin().await.unwrap();
            deeper.query(ADD_ANOTHER).execute().await.unwrap();
            std::mem::forget(deeper);
            std::mem::forget(forgotten);
            tx.commit().await.unwrap();
            assert_eq!(count(&acme).await, 4);
        }

        #[tokio::test]
        async fn a_stream_that_is_not_read_to_its_end_leaves_its_transaction_usable() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let mut tx = acme.begin().await.unwrap();
            let mut stream = tx
                .query_scalar::<String>("SELECT name FROM resources")
                .fetch();
            stream.next().await.unwrap().unwrap();
            drop(stream);
            tx.query(ADD).execute().await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(count(&acme).await, 4);
        }

        #[tokio::test]
        async fn a_transaction_with_a_statement_dropped_half_way_is_rolled_back() {
            let (_pool, db) = $house::open().await;
            let acme = db.for_tenant(&tenant("acme"));
            let mut tx = loop {
                let mut tx = acme.begin().await.unwrap();
                tx.query(ADD).execute().await.unwrap();
                let cut = crate::pools::drop_after(1, tx.query(ADD_ANOTHER).execute()).await;
                // An embedded database can be done at the first glance.
                if cut.is_none() {
                    break tx;
                }
            };

            let next = tx.query(COUNT).fetch_one().await.unwrap_err();
            assert!(matches!(next, DbError::Interrupted), "{next:?}");
            assert!(matches!(tx.begin().await, Err(DbError::Interrupted)));
            assert!(matches!(tx.commit().await, Err(DbError::Interrupted)));
            assert_eq!(count(&acme).await, 3);
        }
    };
}
