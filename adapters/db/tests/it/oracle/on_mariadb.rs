//! The oracle on MariaDB.

use std::collections::BTreeMap;

use throwaway::MariaDb as Server;
use tollgate_db::Rewriter;

use super::database::Database;
use super::database::mariadb::MariaDb;
use super::ddl::Holds;
use super::dialect::Dialect;
use super::run::{Maker, Plan, run};
use super::trial::{Databases, Rewrite, rewrite};
use super::world::{TENANTS, World};

/// The databases that one thread has, emptied for each world: everybody's, and each tenant's own.
struct Urls {
    all: String,
    own: Vec<String>,
}

/// For each thread its own.
struct Threads(Vec<Urls>);

impl Threads {
    fn new(server: &Server, threads: usize) -> Self {
        let database = || server.create_database().unwrap();
        let urls = |_| Urls {
            all: database(),
            own: TENANTS.iter().map(|_| database()).collect(),
        };
        Self((0..threads).map(urls).collect())
    }
}

impl Maker for Threads {
    type Database = MariaDb;

    async fn make(&self, thread: usize, world: &World) -> Databases<MariaDb> {
        let urls = &self.0[thread];
        let mut own = BTreeMap::new();
        for (tenant, url) in TENANTS.iter().zip(&urls.own) {
            let database = MariaDb::new(url, world, Holds::Only(tenant)).await;
            own.insert(*tenant, database);
        }
        let mut all = MariaDb::new(&urls.all, world, Holds::Everybodys).await;
        let before = all.now().await;
        Databases {
            all,
            policed: None,
            own,
            before,
        }
    }

    fn rewriter(&self, world: &World) -> Box<Rewrite<'static>> {
        let rewriter = Rewriter::new(Dialect::MySql.of_rewriter(), world.schema()).unwrap();
        Box::new(move |sql| rewrite(&rewriter, sql))
    }
}

#[test]
fn a_thousand_statements_do_on_mariadb_what_they_do_alone() {
    let plan = Plan::new(Dialect::MySql, 1_200);
    let threads = Threads::new(Server::shared().unwrap(), plan.threads);
    run(plan, &threads).check();
}
