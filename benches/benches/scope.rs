//! What does it cost to scope a statement: the first time, and every time after that?
//!
//! `cargo bench -p benches --bench scope`. The first time includes a thread with a large stack, on which it is parsed.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::fmt::Write as _;
use std::hint::black_box;

use benches::criterion;
use criterion::{Criterion, criterion_group, criterion_main};
use tollgate_db::{Dialect, Rewriter, Schema};

/// Many CTEs, each of which reads the one before and two tables.
fn large() -> String {
    let mut sql = String::from("WITH c0 AS (SELECT id, name FROM resources WHERE status = $1)");
    for nth in 1..20 {
        let before = nth - 1;
        write!(
            sql,
            ", c{nth} AS (SELECT r.id, o.total FROM resources r LEFT JOIN orders o ON o.resource_id = r.id AND o.total > {nth} \
             WHERE r.id IN (SELECT id FROM c{before}) OR r.name LIKE 'n%')"
        )
        .unwrap();
    }
    sql.push_str(" SELECT count(*) FROM c19");
    sql
}

fn scope(c: &mut Criterion) {
    let schema = Schema::new()
        .scoped("resources")
        .scoped_by("orders", "org_id")
        .shared("countries");
    let rewriter = Rewriter::new(Dialect::PostgreSql, schema).unwrap();
    let large = large();
    let statements = [
        (
            "a small select",
            "SELECT id, name FROM resources WHERE status = $1 ORDER BY id LIMIT 20",
        ),
        (
            "a join of three",
            "SELECT r.name, o.total, c.name FROM resources r JOIN orders o ON o.resource_id = r.id \
             LEFT JOIN countries c ON c.code = r.status WHERE r.id = $1 OR o.total > $2",
        ),
        (
            "an insert",
            "INSERT INTO resources (id, name, status) VALUES ($1, $2, $3) RETURNING id",
        ),
        ("20 CTEs", large.as_str()),
    ];
    let mut group = c.benchmark_group("scoping a statement");
    for (name, sql) in statements {
        group.bench_function(format!("{name}, first time"), |b| {
            b.iter(|| rewriter.rewrite_afresh(black_box(sql)).unwrap());
        });
        group.bench_function(format!("{name}, remembered"), |b| {
            b.iter(|| rewriter.rewrite(black_box(sql)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(name = benches; config = criterion(); targets = scope);
criterion_main!(benches);
