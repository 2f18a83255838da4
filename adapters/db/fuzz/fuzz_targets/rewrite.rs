//! Whatever bytes come in: no panic, and what is accepted for SQLite tells acme nothing of the others.
//!
//! The first byte chooses the dialect. Words to begin with are in `words.dict`:
//! `cargo +nightly fuzz run rewrite -- -dict=fuzz/words.dict -max_len=400`.
#![no_main]

// Some of it serves the tests alone.
#[allow(dead_code, reason = "the tests use the rest of it")]
#[path = "../../tests/it/world/mod.rs"]
mod world;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use tollgate_db::{Dialect, Reason, Rewriter};

use world::Value;
use world::sqlite::Sqlite;

struct Bench {
    rewriters: [(Dialect, Rewriter); 3],
    sqlite: Sqlite,
}

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::new(Bench {
        rewriters: [Dialect::Sqlite, Dialect::PostgreSql, Dialect::MySql].map(|dialect| (dialect, world::rewriter(dialect))),
        sqlite: Sqlite::new(),
    });
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else {
        return;
    };
    let Ok(sql) = std::str::from_utf8(text) else {
        return;
    };
    BENCH.with_borrow_mut(|bench| {
        let (dialect, rewriter) = &bench.rewriters[usize::from(*choice) % 3];
        let scoped = match rewriter.rewrite_afresh(sql) {
            Ok(scoped) => scoped,
            Err(refused) => {
                assert!(!matches!(refused.reason(), Reason::Failed(_)), "{refused}");
                return;
            }
        };
        if *dialect != Dialect::Sqlite {
            return;
        }
        let values = vec![Value::Int(101); scoped.callers()];
        let [one, other] = bench.sqlite.ask(&scoped, &values);
        if !one.is_given_up() && !other.is_given_up() {
            assert_eq!(one, other, "{sql}\nbecame {}", scoped.sql());
        }
    });
});
