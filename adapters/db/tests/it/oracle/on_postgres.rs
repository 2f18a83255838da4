//! The oracle on PostgreSQL, with row-level security for a third opinion.

use std::collections::BTreeMap;

use throwaway::Postgres as Server;
use tollgate_db::Rewriter;

use super::dialect::Dialect;

use super::database::Database;
use super::database::postgres::{Postgres, make_bound_role};
use super::ddl::Holds;
use super::run::{Maker, Plan, run};
use super::trial::{Databases, Rewrite, rewrite};
use super::world::{TENANTS, World};

/// The databases that one thread has, emptied for each world.
struct Urls {
    all: String,
    own: Vec<String>,
}

/// For each thread its own.
struct Threads(Vec<Urls>);

impl Threads {
    async fn new(server: &Server, threads: usize) -> Self {
        make_bound_role(&server.url()).await;
        let database = || server.create_database().unwrap();
        let urls = |_| Urls {
            all: database(),
            own: TENANTS.iter().map(|_| database()).collect(),
        };
        Self((0..threads).map(urls).collect())
    }
}

impl Maker for Threads {
    type Database = Postgres;

    async fn make(&self, thread: usize, world: &World) -> Databases<Postgres> {
        let urls = &self.0[thread];
        let mut own = BTreeMap::new();
        for (tenant, url) in TENANTS.iter().zip(&urls.own) {
            let database = Postgres::new(url, world, Holds::Only(tenant)).await;
            own.insert(*tenant, database);
        }
        let mut all = Postgres::new(&urls.all, world, Holds::Everybodys).await;
        let before = all.now().await;
        Databases {
            all,
            policed: Some(Postgres::policed(&urls.all, world).await),
            own,
            before,
        }
    }

    fn rewriter(&self, world: &World) -> Box<Rewrite<'static>> {
        let rewriter = Rewriter::new(Dialect::PostgreSql.of_rewriter(), world.schema()).unwrap();
        Box::new(move |sql| rewrite(&rewriter, sql))
    }
}

#[tokio::test]
async fn rewritten_for_a_superuser_is_as_written_under_row_level_security_and_alone() {
    let plan = Plan::new(Dialect::PostgreSql, 2_500);
    let threads = Threads::new(Server::shared().unwrap(), plan.threads).await;
    let report = tokio::task::spawn_blocking(move || run(plan, &threads));
    report.await.unwrap().check();
}
