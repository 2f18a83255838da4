//! The oracle on SQLite, and proof that it can fail.

use std::collections::BTreeMap;

use tollgate_db::{Bind, Rewriter, Schema};

use super::dialect::Dialect;

use super::database::Database;
use super::database::sqlite::Sqlite;
use super::ddl::Holds;
use super::run::{Maker, Plan, Report, run};
use super::trial::{Databases, Rewrite, Rewritten, rewrite};
use super::world::{TENANTS, World};

/// What stands in for the rewriter.
enum Scope {
    Rightly,
    /// The statement as it was written.
    NotAtAll,
    /// It refuses everything.
    Never,
    /// The rewriter is told that the first table is everybody's.
    AllButOne,
}

impl Maker for Scope {
    type Database = Sqlite;

    async fn make(&self, _thread: usize, world: &World) -> Databases<Sqlite> {
        let mut own = BTreeMap::new();
        for tenant in TENANTS {
            own.insert(*tenant, Sqlite::new(world, Holds::Only(tenant)).await);
        }
        let mut all = Sqlite::new(world, Holds::Everybodys).await;
        let before = all.now().await;
        Databases {
            all,
            policed: None,
            own,
            before,
        }
    }

    fn rewriter(&self, world: &World) -> Box<Rewrite<'static>> {
        let mut world = world.clone();
        match self {
            Self::NotAtAll => {
                return Box::new(|sql: &str| {
                    Ok(Rewritten {
                        sql: sql.to_owned(),
                        binds: as_they_come(sql),
                    })
                });
            }
            Self::Never => {
                let nothing = Rewriter::new(Dialect::Sqlite.of_rewriter(), Schema::new()).unwrap();
                return Box::new(move |_| rewrite(&nothing, "DROP TABLE resources"));
            }
            Self::AllButOne => world.tables[0].tenant = None,
            Self::Rightly => {}
        }
        let rewriter = Rewriter::new(Dialect::Sqlite.of_rewriter(), world.schema()).unwrap();
        Box::new(move |sql| rewrite(&rewriter, sql))
    }
}

/// The author's values in their order. No text that is generated has a question mark in it.
fn as_they_come(sql: &str) -> Vec<Bind> {
    let numbers = sql.split('?').skip(1).map(|rest| {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit());
        rest[..digits.unwrap_or(rest.len())].parse().unwrap_or(0)
    });
    let numbers: Vec<usize> = numbers.collect();
    let highest = numbers.iter().copied().max().unwrap_or(0);
    let count = if highest == 0 { numbers.len() } else { highest };
    (1..=count).map(Bind::Caller).collect()
}

fn run_some(scope: &Scope, statements: usize) -> Report {
    run(Plan::new(Dialect::Sqlite, statements), scope)
}

#[test]
fn twenty_thousand_statements_do_to_everybodys_rows_what_they_do_to_one_tenants() {
    run_some(&Scope::Rightly, 20_000).check();
}

#[test]
fn a_statement_that_is_not_scoped_is_found_out() {
    let report = run_some(&Scope::NotAtAll, 1_000);
    assert!(!report.broken.is_empty(), "{}", report.tally);
}

#[test]
fn one_table_that_is_not_scoped_is_found_out() {
    let report = run_some(&Scope::AllButOne, 2_000);
    assert!(!report.broken.is_empty(), "{}", report.tally);
}

#[test]
fn the_statements_are_such_as_sqlite_runs() {
    let report = run_some(&Scope::Never, 2_000);
    let invalid = report.tally.percent(report.tally.invalid);
    assert!(
        invalid < 5,
        "{invalid} % of the statements: {}",
        report.tally
    );
}
