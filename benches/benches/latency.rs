//! How is the time of a decision distributed, quiet and while configs change 10,000 times a second?
//!
//! `cargo bench -p benches --bench latency`. Every decision by handle is timed on its own, which adds two readings
//! of the clock to each. Quiet and stormy spells take turns; the last line of the table has another thread busy with nothing,
//! which shows what the machine adds.
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use benches::{PLENTY, Table, four_limits, id, measuring, tenant};
use hdrhistogram::Histogram;
use tollgate::{Clock, Cost, Tenant};

const EVERY: Duration = Duration::from_micros(100);

/// What the other thread does, once every 100 µs.
type Disturb<'d> = Option<Box<dyn Fn(u64) + Sync + 'd>>;

fn main() {
    let asked = tenant(PLENTY, Clock::coarse());
    let other = tenant(PLENTY, Clock::coarse());
    let swap = |tenant: &Tenant, turn: u64| {
        tenant
            .reconfigure(&four_limits(id(0), PLENTY - turn % 2))
            .unwrap();
    };
    let scenes: [(&str, Disturb<'_>); 4] = [
        ("quiet", None),
        (
            "its own config changes",
            Some(Box::new(|turn| swap(&asked, turn))),
        ),
        (
            "another tenant's config changes",
            Some(Box::new(|turn| swap(&other, turn))),
        ),
        ("a busy neighbour thread", Some(Box::new(|_| ()))),
    ];
    let mut times: Vec<_> = scenes.iter().map(|_| histogram()).collect();
    let mut changes = vec![0; scenes.len()];
    let (spells, spell) = if measuring() {
        (10, Duration::from_millis(500))
    } else {
        (1, Duration::from_millis(1))
    };
    for _ in 0..spells {
        for (((_, disturb), times), changes) in scenes.iter().zip(&mut times).zip(&mut changes) {
            *changes += watch(&asked, disturb, spell, times);
        }
    }
    let heads = [
        "ns",
        "p50",
        "p90",
        "p99",
        "p99.9",
        "p99.99",
        "max",
        "changes a second",
    ];
    let rows = scenes.iter().zip(&times).zip(&changes);
    let table = rows.fold(
        Table::new(&heads),
        |table, (((name, _), times), &changes)| {
            let mut cells = vec![(*name).to_owned()];
            let at = [0.5, 0.9, 0.99, 0.999, 0.9999, 1.0];
            cells.extend(at.map(|quantile| times.value_at_quantile(quantile).to_string()));
            let seconds = spell.as_secs_f64() * f64::from(spells);
            cells.push(format!("{:.0}", f64::from(changes) / seconds));
            table.row(&cells)
        },
    );
    table.print();
}

/// Up to a minute, to three digits: a histogram that had to grow would lose its tail.
fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 60_000_000_000, 3).unwrap()
}

/// Times decisions for one spell; says how often the other thread did its thing.
fn watch(
    tenant: &Tenant,
    disturb: &Disturb<'_>,
    spell: Duration,
    times: &mut Histogram<u64>,
) -> u32 {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let other = disturb.as_ref().map(|disturb| {
            let over = &over;
            scope.spawn(move || storm(disturb, over))
        });
        let cost = Cost::request().and_tokens(10);
        let began = Instant::now();
        while began.elapsed() < spell {
            for _ in 0..1_000 {
                let asked = Instant::now();
                black_box(tenant.try_acquire(black_box(&cost)).is_admitted());
                times.saturating_record(u64::try_from(asked.elapsed().as_nanos()).unwrap());
            }
        }
        over.store(true, Ordering::Relaxed);
        other.map_or(0, |other| other.join().unwrap())
    })
}

fn storm(disturb: &(impl Fn(u64) + ?Sized), over: &AtomicBool) -> u32 {
    let mut changes = 0;
    let mut next = Instant::now();
    while !over.load(Ordering::Relaxed) {
        disturb(u64::from(changes));
        changes += 1;
        next += EVERY;
        while Instant::now() < next && !over.load(Ordering::Relaxed) {
            spin_loop();
        }
    }
    changes
}
