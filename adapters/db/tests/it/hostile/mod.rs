//! Statements made to bring the process down: each ends as an answer, on a small stack, and within reason.

mod shapes;

use std::thread;

use tollgate_db::{Dialect, Reason, Refused, Scoped};

use crate::world::rewriter;

const DIALECTS: [Dialect; 3] = [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql];

/// Rewrites on a thread that has as much stack as a worker of tokio.
fn on_a_small_stack(dialect: Dialect, sql: &str) -> Result<Scoped, Refused> {
    thread::scope(|scope| {
        let work = move || rewriter(dialect).rewrite_afresh(sql);
        let thread = thread::Builder::new().stack_size(2 << 20);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

/// It is refused for being more than there may be of `what`, in words that can be logged.
fn too_much(sql: &str, what: &str) {
    for dialect in DIALECTS {
        let refused = on_a_small_stack(dialect, sql).unwrap_err();
        let Reason::TooMuch {
            what: of,
            count,
            most,
        } = refused.reason()
        else {
            panic!("{dialect:?}: {refused}");
        };
        assert_eq!(*of, what, "{dialect:?}");
        assert!(count > most, "{refused}");
        assert!(refused.to_string().len() < 500, "{refused}");
    }
}

#[test]
fn three_hundred_and_fifty_joins_are_refused() {
    let mut sql = String::from("SELECT 1 FROM t");
    for _ in 0..350 {
        sql.push_str(" JOIN t");
    }
    assert!(sql.len() < 2_500);
    for dialect in DIALECTS {
        let refused = on_a_small_stack(dialect, &sql).unwrap_err();
        assert!(refused.to_string().len() < 500, "{refused}");
    }
}

#[test]
fn three_hundred_and_fifty_joins_of_the_tenants_tables_are_refused() {
    let sql = format!("SELECT 1 FROM orders{}", ",orders".repeat(350));
    too_much(&sql, "joins");
}

#[test]
fn fifty_thousand_ors_are_refused() {
    too_much(
        &format!("SELECT 1 FROM resources WHERE 1{}", " OR 1".repeat(50_000)),
        "bytes",
    );
}

#[test]
fn twenty_thousand_unions_are_refused() {
    too_much(
        &format!("SELECT 1{}", " UNION SELECT 1".repeat(20_000)),
        "bytes",
    );
}

#[test]
fn as_many_unions_as_fit_are_refused() {
    too_much(
        &format!("SELECT 1{}", " UNION SELECT 1".repeat(900)),
        "set operations",
    );
}

#[test]
fn ten_megabytes_are_refused() {
    too_much(
        &format!("SELECT '{}' FROM resources", "x".repeat(10 << 20)),
        "bytes",
    );
    too_much(&"(".repeat(10 << 20), "bytes");
}

#[test]
fn deep_parentheses_are_refused() {
    for sql in [
        "(".repeat(8_000),
        format!("SELECT {}1{}", "(".repeat(1_000), ")".repeat(1_000)),
    ] {
        for dialect in DIALECTS {
            let refused = on_a_small_stack(dialect, &sql).unwrap_err();
            assert!(
                matches!(refused.reason(), Reason::TooMuch { .. }),
                "{refused}"
            );
        }
    }
}

#[test]
fn a_refusal_is_short_however_long_the_statement() {
    for sql in [
        "SELECT 1 FROM \u{1f600}",
        "é",
        "TRUNCATE ",
        "SELECT * FROM secrets WHERE name = '",
    ] {
        let long = format!("{sql}{}", "\u{1f600}".repeat(3_000));
        for dialect in DIALECTS {
            let refused = on_a_small_stack(dialect, &long).unwrap_err();
            assert!(refused.at().len() <= 200, "{refused}");
            assert!(refused.to_string().len() < 600, "{refused}");
        }
    }
}

#[test]
fn every_shape_that_fits_is_an_answer() {
    let (mut scoped, mut refused) = (0, 0);
    for sql in shapes::all() {
        for dialect in DIALECTS {
            match on_a_small_stack(dialect, &sql) {
                Ok(_) => scoped += 1,
                Err(_) => refused += 1,
            }
        }
    }
    let proves = scoped > 500 && refused > 500;
    assert!(proves, "{scoped} scoped, {refused} refused");
}

#[test]
fn whatever_bytes_come_in_there_is_an_answer() {
    let mut defects = Vec::new();
    // Every one of the first 0x250 letters, alone, doubled, and within a statement.
    for letter in (0..0x250).filter_map(char::from_u32) {
        for sql in [
            format!("{letter}"),
            format!("SELECT {letter}{letter} FROM resources"),
            format!("SELECT id FROM resources WHERE name = {letter}x{letter}"),
            format!("SELECT id FROM resources {letter}"),
        ] {
            for dialect in DIALECTS {
                let Err(refused) = rewriter(dialect).rewrite_afresh(&sql) else {
                    continue;
                };
                if matches!(refused.reason(), Reason::Unverified | Reason::Failed(_)) {
                    defects.push(format!("{dialect:?} {sql:?}: {refused}"));
                }
            }
        }
    }
    assert!(defects.is_empty(), "{defects:#?}");
}
