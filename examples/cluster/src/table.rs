//! All runs, one after the other, and a table of what they have shown.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser};

use crate::Failure;
use crate::audit::Finding;
use crate::figures::{share, short};
use crate::run::{Options as Run, Outcome, View, Which, run};

/// Which runs.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Only runs whose names contain one of these
    #[arg(long, value_name = "PART,PART", value_delimiter = ',')]
    rows: Vec<String>,
    /// How long requests come in each, in seconds
    #[arg(long, default_value_t = 35, value_parser = clap::value_parser!(u32).range(15..))]
    seconds: u32,
    /// The program with limitador in its nodes; it is built on its own, see README.md
    #[arg(long, value_name = "PROGRAM")]
    limitador: Option<PathBuf>,
}

/// The runs: a name, and what the command line of `run` would be.
const RUNS: [(&str, &str); 17] = [
    ("6 nodes, 3 × overload", "--nodes 6 --overload 3"),
    ("6 nodes, 0.7 × load", "--nodes 6 --overload 0.7"),
    ("20 nodes, 3 ×", "--nodes 20 --overload 3"),
    (
        "0–30 ms network delay",
        "--nodes 6 --overload 3 --delay 0..30ms",
    ),
    (
        "nodes killed every 0.4–3 s",
        "--nodes 6 --overload 3 --kill-nodes 0.4..3s",
    ),
    (
        "Redis kill -9, empty restart, 4 times",
        "--nodes 6 --overload 3 --kill-redis 4",
    ),
    (
        "failover to a lagging replica, 3 times",
        "--nodes 6 --overload 3 --failover 3",
    ),
    (
        "Redis stopped (SIGSTOP) 5 s",
        "--nodes 6 --overload 3 --stop-redis 5s",
    ),
    (
        "Redis Cluster, 3 masters, one killed",
        "--nodes 6 --overload 3 --cluster 3 --tenants 9 --limit 1000",
    ),
    (
        "per-request Lua",
        "--nodes 6 --overload 3 --limiter per-request-lua",
    ),
    (
        "per-request Lua, 0–30 ms network delay",
        "--nodes 6 --overload 3 --limiter per-request-lua --delay 0..30ms",
    ),
    (
        "per-request Lua, Redis kill -9, 4 times",
        "--nodes 6 --overload 3 --limiter per-request-lua --kill-redis 4",
    ),
    (
        "write-behind",
        "--nodes 6 --overload 3 --limiter write-behind",
    ),
    (
        "write-behind, 0–30 ms network delay",
        "--nodes 6 --overload 3 --limiter write-behind --delay 0..30ms",
    ),
    (
        "write-behind, nodes killed every 0.4–3 s",
        "--nodes 6 --overload 3 --limiter write-behind --kill-nodes 0.4..3s",
    ),
    (
        "limitador, Redis",
        "--nodes 6 --overload 3 --limiter limitador",
    ),
    (
        "limitador, cached Redis",
        "--nodes 6 --overload 3 --limiter limitador-cached",
    ),
];

/// The command line of a run, as `cluster run` reads it.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(flatten)]
    run: Run,
}

/// Does them; says whether tollgate's limit held in each of its own. The others are there to be compared with.
pub(crate) fn table(options: &Options) -> Result<bool, Failure> {
    let mut out = io::stdout();
    out.write_all(HEAD.as_bytes())?;
    let mut holds = true;
    let mut notes = String::new();
    for (name, line) in RUNS {
        let Some(run_options) = options.of_run(name, line)? else {
            continue;
        };
        eprintln!("== {name}: cluster run {line}");
        let outcome = run(&run_options, &View::quiet())?;
        out.write_all(row(name, &outcome).as_bytes())?;
        out.flush()?;
        eprint!("{outcome}");
        holds &= outcome.holds() || run_options.limiter != Which::Tollgate;
        note(&mut notes, name, &outcome);
    }
    out.write_all(notes.as_bytes())?;
    Ok(holds)
}

impl Options {
    /// What a run is told; `None` if it isn't wanted.
    fn of_run(&self, name: &str, line: &str) -> Result<Option<Run>, Failure> {
        let mut run = Line::try_parse_from(line.split(' '))?.run;
        let wanted = |part: &String| name.contains(&**part);
        if !self.rows.is_empty() && !self.rows.iter().any(wanted) {
            return Ok(None);
        }
        if run.limiter.is_elsewhere() {
            if self.limitador.is_none() {
                return Ok(None);
            }
            run.node_program.clone_from(&self.limitador);
        }
        run.seconds = Duration::from_secs(u64::from(self.seconds));
        Ok(Some(run))
    }
}

const HEAD: &str = "\
| run | max over any W / L | mean over all W / L | of what can be | calls/decision | without waiting | decision p50, p99 \
| denial p99, max | beyond timeout | undecided |
|---|---|---|---|---|---|---|---|---|---|
";

fn row(name: &str, outcome: &Outcome) -> String {
    let worst = outcome.worst();
    let most = worst.map_or(0.0, Finding::ratio);
    let doubt = match worst {
        Some(finding) if !finding.holds() => {
            format!(" (certainly {:.4})", share(finding.certain, finding.limit))
        }
        _ => String::new(),
    };
    let (mean, part) = (
        outcome.utilisation,
        outcome.utilisation / outcome.attainable,
    );
    let (calls, local) = (
        outcome.calls_per_decision(),
        outcome.decided_locally() * 100.0,
    );
    let times = [
        outcome.p50,
        outcome.p99,
        outcome.denial_p99,
        outcome.denial_most,
    ]
    .map(short);
    let [p50, p99, denial_p99, denial_most] = times;
    let counts = &outcome.counts;
    let undecided = counts.failed + counts.dropped;
    format!(
        "| {name} | {most:.4}{doubt} | {mean:.4} | {part:.4} | {calls:.4} | {local:.2} % | {p50}, {p99} \
         | {denial_p99}, {denial_most} | {} | {undecided} |\n",
        counts.late
    )
}

/// What has no column.
fn note(notes: &mut String, name: &str, outcome: &Outcome) {
    if let Some((micros, scripts)) = outcome.script {
        let _infallible = write!(
            notes,
            "\n{name}: {micros:.1} µs of Redis a script, of {scripts}."
        );
    }
    for (tenant, share) in outcome.in_outage.iter().flatten() {
        let _infallible = write!(
            notes,
            " {tenant} had {share:.3} of its limit while a master was gone."
        );
    }
    if outcome.in_outage.is_some() || outcome.script.is_some() {
        notes.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_of_the_table_is_one_that_can_be_asked_for() {
        for (name, line) in RUNS {
            let run = Line::try_parse_from(line.split(' ')).unwrap().run;
            assert!(
                run.check().is_ok() || run.limiter.is_elsewhere(),
                "{name}: {line}"
            );
        }
    }
}
