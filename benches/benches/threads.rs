//! How many decisions a second do 1, 2, 4 and 8 threads get, on one tenant and on many?
//!
//! `cargo bench -p benches --bench threads`. The contenders take turns; each cell is the median over the rounds.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

mod peer;

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use benches::{
    PLENTY, Table, at_most, engine_of, four_limits, id, measuring, name, tenant, uniform,
};
use tollgate::{Clock, Cost, Engine, TenantId};

const THREADS: [u32; 4] = [1, 2, 4, 8];
const ROUNDS: usize = 15;

/// Makes so many decisions on the thread of this number.
type Work<'c> = Box<dyn Fn(u32, u32) + Sync + 'c>;

fn main() {
    one_tenant();
    many_tenants();
}

fn one_tenant() {
    let cost = Cost::request().and_tokens(10);
    let handle = tenant(PLENTY, Clock::coarse());
    let governor = peer::governor_direct();
    let engine = engine_of(1, four_limits(id(0), PLENTY));
    let (id, name) = (id(0), name(0));
    let keyed = peer::governor_keyed();
    let best = peer::governor_keyed_best();
    let times = at_most(400_000);
    scale(
        "one tenant, million decisions a second",
        times,
        &[
            (
                "tollgate by handle",
                each(|| handle.try_acquire(black_box(&cost)).is_admitted()),
            ),
            ("governor direct", each(|| governor.check().is_ok())),
            (
                "tollgate by id, with_tenant",
                each(|| ask(&engine, black_box(&id), &cost)),
            ),
            (
                "tollgate by id, get",
                each(|| ask_by_handle(&engine, black_box(&id), &cost)),
            ),
            (
                "governor keyed, default",
                each(|| keyed.check_key(black_box(&name)).is_ok()),
            ),
            (
                "governor keyed, best",
                each(|| best.check_key(black_box(&name)).is_ok()),
            ),
        ],
    );
}

fn many_tenants() {
    let tenants = at_most(100_000);
    let cost = Cost::request().and_tokens(10);
    let order = uniform(tenants, 3);
    let ids: Vec<TenantId> = order.iter().map(|&number| id(number)).collect();
    let names: Vec<String> = order.iter().map(|&number| name(number)).collect();
    let engine = engine_of(tenants, four_limits(id(0), PLENTY));
    let keyed = peer::governor_keyed();
    let best = peer::governor_keyed_best();
    // Handles of tenants that no other thread uses.
    let own: Vec<_> = (0..8).map(|_| tenant(PLENTY, Clock::coarse())).collect();
    scale(
        "own tenant each, million decisions a second",
        at_most(400_000),
        &[(
            "tollgate by handle",
            Box::new(|thread, times| {
                let tenant = own.get(usize::try_from(thread).unwrap()).unwrap();
                for _ in 0..times {
                    black_box(tenant.try_acquire(black_box(&cost)).is_admitted());
                }
            }),
        )],
    );
    scale(
        "100 k tenants, million decisions a second",
        at_most(200_000),
        &[
            (
                "tollgate by id, with_tenant",
                over(&ids, |id| ask(&engine, id, &cost)),
            ),
            (
                "tollgate by id, get",
                over(&ids, |id| ask_by_handle(&engine, id, &cost)),
            ),
            (
                "governor keyed, default",
                over(&names, |name| keyed.check_key(name).is_ok()),
            ),
            (
                "governor keyed, best",
                over(&names, |name| best.check_key(name).is_ok()),
            ),
        ],
    );
}

fn ask(engine: &Engine, id: &TenantId, cost: &Cost) -> bool {
    let admitted = engine.with_tenant(id, |tenant| tenant.try_acquire(cost).is_admitted());
    admitted.unwrap()
}

fn ask_by_handle(engine: &Engine, id: &TenantId, cost: &Cost) -> bool {
    engine.get(id).unwrap().try_acquire(cost).is_admitted()
}

fn each<'c>(op: impl Fn() -> bool + Sync + 'c) -> Work<'c> {
    Box::new(move |_, times| {
        for _ in 0..times {
            assert!(op());
        }
    })
}

/// Every thread begins elsewhere in the stream.
fn over<'c, K: Sync>(keys: &'c [K], op: impl Fn(&K) -> bool + Sync + 'c) -> Work<'c> {
    assert!(keys.iter().all(&op));
    Box::new(move |thread, times| {
        let begin = keys.len() / 8 * usize::try_from(thread).unwrap();
        let stream = keys.iter().cycle().skip(begin);
        for key in stream.take(usize::try_from(times).unwrap()) {
            assert!(op(black_box(key)));
        }
    })
}

fn scale(title: &str, times: u32, contenders: &[(&str, Work<'_>)]) {
    let mut heads = vec![title.to_owned()];
    heads.extend(THREADS.map(|threads| format!("{threads} threads")));
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let mut rates = vec![[const { Vec::new() }; THREADS.len()]; contenders.len()];
    for _ in 0..if measuring() { ROUNDS } else { 1 } {
        for ((_, work), rates) in contenders.iter().zip(&mut rates) {
            for (threads, rates) in THREADS.into_iter().zip(rates) {
                rates.push(rate(threads, times, work));
            }
        }
    }
    let rows = contenders.iter().zip(rates);
    rows.fold(Table::new(&heads), |table, ((name, _), rates)| {
        let mut cells = vec![(*name).to_owned()];
        cells.extend(rates.map(|rates| format!("{:.1}", median(rates))));
        table.row(&cells)
    })
    .print();
}

/// Millions of decisions a second, by all threads together.
fn rate(threads: u32, times: u32, work: &Work<'_>) -> f64 {
    let start = Barrier::new(usize::try_from(threads).unwrap());
    let spans: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let began = Instant::now();
                    work(thread, times);
                    (began, Instant::now())
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let began = spans.iter().map(|span| span.0).min().unwrap();
    let ended = spans.iter().map(|span| span.1).max().unwrap();
    f64::from(threads) * f64::from(times) / (ended - began).as_secs_f64() / 1e6
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or(0.0)
}
