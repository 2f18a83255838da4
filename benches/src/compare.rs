//! A comparison of contenders, taken in turns within one run.
//!
//! Criterion measures one bench after the other. On a machine that others share, the second one may meet
//! half the cache and half the clock rate of the first, and the ratio says more about the neighbours than about the code. So
//! every round here runs all contenders, each for some milliseconds, beginning with a different one each
//! time; the table gives each one's median and minimum over the rounds, and the median of its ratios to the
//! first within the same round.

use std::time::{Duration, Instant};

/// Runs so many operations.
type Run<'c> = Box<dyn FnMut(u32) + 'c>;

/// One of those that are compared.
pub struct Contender<'c> {
    name: String,
    run: Run<'c>,
}

impl<'c> Contender<'c> {
    /// `run` is called with a number of operations to do, and does them in a loop of its own.
    pub fn new(name: &str, run: impl FnMut(u32) + 'c) -> Self {
        Self {
            name: name.to_owned(),
            run: Box::new(run),
        }
    }

    /// A contender whose operation is `op`.
    pub fn each<T>(name: &str, mut op: impl FnMut() -> T + 'c) -> Self {
        Self::new(name, move |times| {
            for _ in 0..times {
                std::hint::black_box(op());
            }
        })
    }
}

impl std::fmt::Debug for Contender<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Contender").field(&self.name).finish()
    }
}

/// What a contender took, in nanoseconds an operation, and relative to the first.
#[derive(Debug, Clone)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// The median over the rounds.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The median of its ratios to the first contender's time in the same round.
    pub ratio: f64,
}

/// Compares `contenders` in turns of `turn` each, for about `total`, and prints the table.
///
/// Where a run does not measure, each does three operations.
pub fn compare(
    title: &str,
    turn: Duration,
    total: Duration,
    mut contenders: Vec<Contender<'_>>,
) -> Vec<Measured> {
    if !crate::measuring() {
        for contender in &mut contenders {
            (contender.run)(3);
        }
        return Vec::new();
    }
    let sized: Vec<u32> = contenders.iter_mut().map(|c| operations(c, turn)).collect();
    let began = Instant::now();
    let mut times = vec![Vec::new(); contenders.len()];
    let mut first = 0;
    while began.elapsed() < total || first < 9 {
        for turn in 0..contenders.len() {
            let at = (first + turn) % contenders.len();
            if let (Some(contender), Some(&sized), Some(times)) =
                (contenders.get_mut(at), sized.get(at), times.get_mut(at))
            {
                times.push(timed(contender, sized));
            }
        }
        first += 1;
    }
    let measured = summarised(&contenders, &times);
    Table::of(title, &measured).print();
    measured
}

/// How many operations take about `turn`; also warms up.
fn operations(contender: &mut Contender<'_>, turn: Duration) -> u32 {
    let mut operations = 64;
    loop {
        let nanos = timed(contender, operations) * f64::from(operations);
        if nanos >= turn.as_secs_f64() * 1e9 || operations > u32::MAX / 4 {
            return operations;
        }
        operations *= 2;
    }
}

/// Nanoseconds an operation.
fn timed(contender: &mut Contender<'_>, operations: u32) -> f64 {
    let began = Instant::now();
    (contender.run)(operations);
    began.elapsed().as_secs_f64() * 1e9 / f64::from(operations)
}

fn summarised(contenders: &[Contender<'_>], times: &[Vec<f64>]) -> Vec<Measured> {
    let first = times.first().cloned().unwrap_or_default();
    let each = contenders.iter().zip(times);
    each.map(|(contender, times)| Measured {
        name: contender.name.clone(),
        median: median(times.clone()),
        least: times.iter().copied().fold(f64::INFINITY, f64::min),
        ratio: median(times.iter().zip(&first).map(|(a, b)| a / b).collect()),
    })
    .collect()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A table of text, printed in Markdown.
#[derive(Debug, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads.
    pub fn new(heads: &[&str]) -> Self {
        Self::default().row(heads)
    }

    /// The table with one row more.
    #[must_use]
    pub fn row<T: ToString>(mut self, cells: &[T]) -> Self {
        self.rows.push(cells.iter().map(T::to_string).collect());
        self
    }

    fn of(title: &str, measured: &[Measured]) -> Self {
        let heads = Self::new(&[title, "median ns", "least ns", "ratio"]);
        measured.iter().fold(heads, |table, one| {
            table.row(&[
                one.name.clone(),
                format!("{:.1}", one.median),
                format!("{:.1}", one.least),
                format!("{:.2}", one.ratio),
            ])
        })
    }

    /// Prints it.
    #[expect(clippy::print_stdout, reason = "what a bench is for")]
    pub fn print(&self) {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell: &String| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        println!();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths);
            let line: Vec<String> = cells
                .map(|(cell, &width)| format!("{cell:<width$}"))
                .collect();
            println!("| {} |", line.join(" | "));
            if number == 0 {
                let dashes: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
                println!("|-{}-|", dashes.join("-|-"));
            }
        }
    }
}
