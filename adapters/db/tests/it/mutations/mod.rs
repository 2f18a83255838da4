//! The stable twin of the fuzz target: attempts cut up and put together again, from a seed, a fixed number of times.
//!
//! What is accepted is run on SQLite in two worlds that differ in other tenants' rows only: acme must not be able to tell
//! them apart, and must not have touched a row of anybody else. `TOLLGATE_MUTATIONS` says how many, `TOLLGATE_SEED` from
//! which seed.

mod shuffle;

use std::str::FromStr;

use tollgate_db::{Dialect, Reason};

use crate::corpus;
use crate::world::sqlite::Sqlite;
use crate::world::{Value, rewriter};

use self::shuffle::Shuffle;

/// How many mutations of statements for SQLite are rewritten, and run if they are accepted.
const RUN: usize = 12_000;
/// How many for each of the other two are rewritten.
const REWRITTEN: usize = 4_000;

fn from_environment<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

/// Made of the attempts on one database: changes are made to those that are accepted, with pieces of all.
fn shuffle(dialect: Dialect, name: &str) -> Shuffle {
    let rewriter = rewriter(dialect);
    let on = corpus::all().filter(|(_, dialects, _)| dialects.contains(&name));
    let all: Vec<_> = on.map(|(_, _, attack)| attack.sql).collect();
    let accepted = |sql: &&&str| rewriter.rewrite_afresh(sql).is_ok();
    let bases: Vec<_> = all.iter().filter(accepted).copied().collect();
    Shuffle::of(&bases, &all, from_environment("TOLLGATE_SEED").unwrap_or(6))
}

fn times(usual: usize) -> usize {
    from_environment("TOLLGATE_MUTATIONS").unwrap_or(usual)
}

#[test]
fn no_mutation_of_an_attempt_sees_or_touches_another_tenants_rows() {
    let rewriter = rewriter(Dialect::Sqlite);
    let mut sqlite = Sqlite::new();
    let mut shuffle = shuffle(Dialect::Sqlite, "sqlite");
    let (mut run, mut rows) = (0, 0);
    for nth in 0..times(RUN) {
        let sql = shuffle.statement();
        let scoped = match rewriter.rewrite_afresh(&sql) {
            Ok(scoped) => scoped,
            Err(refused) => {
                let panicked = matches!(refused.reason(), Reason::Failed(_));
                assert!(!panicked, "number {nth}: {sql}\n{refused}");
                continue;
            }
        };
        let values = vec![Value::Int(101); scoped.callers()];
        let [one, other] = sqlite.ask(&scoped, &values);
        if one.is_given_up() || other.is_given_up() {
            continue;
        }
        assert_eq!(one, other, "number {nth}: {sql}\nbecame {}", scoped.sql());
        run += 1;
        rows += one.rows.map_or(0, |rows| rows.len());
    }
    eprintln!("{run} of {} were run, and returned {rows} rows", times(RUN));
    assert!(
        run * 16 > times(RUN),
        "only {run} were run: that proves little"
    );
    assert!(
        rows > run / 4,
        "{rows} rows of {run} statements: that proves little"
    );
}

#[test]
fn no_mutation_brings_the_rewriter_down() {
    for (dialect, name) in [(Dialect::PostgreSql, "postgres"), (Dialect::MySql, "mysql")] {
        let rewriter = rewriter(dialect);
        let mut shuffle = shuffle(dialect, name);
        let mut accepted = 0;
        for nth in 0..times(REWRITTEN) {
            let sql = shuffle.statement();
            match rewriter.rewrite_afresh(&sql) {
                Ok(_) => accepted += 1,
                Err(refused) => {
                    let panicked = matches!(refused.reason(), Reason::Failed(_));
                    assert!(!panicked, "{dialect:?}, number {nth}: {sql}\n{refused}");
                }
            }
        }
        eprintln!(
            "{dialect:?}: {accepted} of {} were accepted",
            times(REWRITTEN)
        );
        assert!(
            accepted * 16 > times(REWRITTEN),
            "{dialect:?}: only {accepted} were accepted"
        );
    }
}
