//! What would this config have decided? A log of requests, replayed on a manual clock.
//!
//! ```sh
//! cargo run --release -p replay -- --config tenants.toml < log.jsonl > decisions.jsonl
//! ```
//!
//! README.md beside this crate has a walk through it.

mod compare;
mod config;
mod fields;
mod input;
mod output;
mod problem;
mod progress;
mod run;
mod summary;
mod table;
mod time;
mod verdict;

use std::error::Error;
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use indicatif::ProgressBar;
use tollgate::{ManualClock, Timestamp};

use crate::compare::Comparison;
use crate::input::Lines;
use crate::problem::Problem;
use crate::run::Replay;
use crate::summary::Summary;

/// What would this config have decided? Reads a log of requests, a JSON object a line, and writes a
/// decision a line.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// The tenants file that decides, TOML or JSON
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Another tenants file: tells who would be denied more under it, and when
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
    /// The time at which `t_ms` is 0, for limits by the calendar [default: 2026-01-01T00:00:00Z]
    #[arg(long, value_name = "RFC3339", value_parser = parse_start)]
    start: Option<Timestamp>,
}

/// The latest start, 2300-01-01T00:00:00Z: with the longest spans on top, time does not end.
const LATEST_START: u64 = 10_413_792_000_000_000_000;

fn main() -> ExitCode {
    let args = Args::parse();
    let bar = progress::bar();
    let done = replay(&args, &bar);
    bar.finish_and_clear();
    match done {
        Ok(report) => {
            eprint!("{report}");
            ExitCode::SUCCESS
        }
        // Whoever read the decisions has seen enough.
        Err(error) if is_broken_pipe(error.as_ref()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Replays the log from stdin to stdout; gives the tables for the end.
fn replay(args: &Args, bar: &ProgressBar) -> Result<String, Box<dyn Error>> {
    let began = Instant::now();
    let start = args.start.unwrap_or_else(|| ManualClock::new().now());
    let open = |path: &PathBuf| -> Result<Replay, Box<dyn Error>> {
        let replay = Replay::new(&config::read(path)?, start);
        Ok(replay.map_err(|problems| Problem::of_file(path, problems))?)
    };
    let mut first = open(&args.config)?;
    let mut other = args.against.as_ref().map(open).transpose()?;
    let mut report = Report::default();

    let mut lines = Lines::new(BufReader::with_capacity(
        1 << 16,
        bar.wrap_read(io::stdin().lock()),
    ));
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let fed = feed(
        &mut lines,
        &mut first,
        other.as_mut(),
        &mut out,
        &mut report,
    );
    // What was decided before a bad line is written all the same.
    let flushed = out.flush();
    fed?;
    flushed?;

    let compared = args.against.as_ref().map(|other| {
        let names = [&args.config, other].map(|path| path.display().to_string());
        format!("\n{}", report.comparison.show(&names))
    });
    Ok(format!(
        "{}{}\n{} lines in {:.2?}\n",
        report.summary,
        compared.unwrap_or_default(),
        report.lines,
        began.elapsed(),
    ))
}

/// What is counted on the way.
#[derive(Default)]
struct Report {
    lines: u64,
    summary: Summary,
    comparison: Comparison,
}

fn feed(
    lines: &mut Lines<impl BufRead>,
    first: &mut Replay,
    mut other: Option<&mut Replay>,
    out: &mut impl Write,
    report: &mut Report,
) -> Result<(), Box<dyn Error>> {
    while let Some(line) = lines.next()? {
        let failed = |error| Problem::of_line(line.number, error);
        let outcome = first.step(&line).map_err(failed)?;
        output::write(out, line.at, &outcome)?;
        report.lines += 1;
        report.summary.add(&outcome);
        if let Some(other) = other.as_deref_mut() {
            let others = other.step(&line).map_err(failed)?;
            report.comparison.add(line.at, &outcome, &others);
        }
    }
    Ok(())
}

fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

fn parse_start(text: &str) -> Result<Timestamp, String> {
    let time: jiff::Timestamp = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    let nanos = u64::try_from(time.as_nanosecond()).ok();
    let nanos = nanos.filter(|&nanos| nanos <= LATEST_START);
    nanos
        .map(Timestamp::from_nanos)
        .ok_or_else(|| "must be from 1970-01-01T00:00:00Z to 2300-01-01T00:00:00Z".to_owned())
}
