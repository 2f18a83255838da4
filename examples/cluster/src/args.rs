//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::audit::{Finding, Ledgers, file};
use crate::figures::nanos;
use crate::limiter::{PerRequest, Tollgate, WriteBehind};
use crate::run::{Options, View, Which, run};
use crate::{Failure, log, node, span, table};

/// Many nodes, one limit, one Redis: starts them, loads them, breaks things meanwhile, and audits what they admitted.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One run, with a table that moves, and the audit at the end
    Run(Box<Options>),
    /// All runs, those of other limiters too, and a table of what they have shown
    Table(table::Options),
    /// The most in any interval, of a log that was written by `run --log`
    Audit {
        /// The log
        file: PathBuf,
        /// The length of the intervals
        #[arg(long, value_name = "TIME", value_parser = span::parse)]
        window: Duration,
        /// The most that may be in one
        #[arg(long)]
        limit: u64,
    },
    /// A node, as `run` starts them
    #[command(hide = true)]
    Node {
        #[arg(value_enum)]
        limiter: Which,
        task: String,
    },
}

/// Does what the command line says. The code is 1 if a limit did not hold.
///
/// # Errors
/// If it can't be done.
pub fn main() -> Result<ExitCode, Failure> {
    match Arguments::parse().what {
        What::Run(options) => {
            let outcome = run(&options, &View::live())?;
            eprint!("{outcome}");
            Ok(code(outcome.holds()))
        }
        What::Table(options) => table::table(&options).map(code),
        What::Audit {
            file,
            window,
            limit,
        } => audit(&file, window, limit).map(code),
        What::Node { limiter, task } => match limiter {
            Which::Tollgate => node::serve::<Tollgate>(&task),
            Which::PerRequestLua => node::serve::<PerRequest>(&task),
            Which::WriteBehind => node::serve::<WriteBehind>(&task),
            Which::Limitador | Which::LimitadorCached => {
                Err("this program has no limitador".into())
            }
        },
    }
}

fn audit(path: &std::path::Path, window: Duration, limit: u64) -> Result<bool, Failure> {
    let mut ledgers = Ledgers::new();
    log::read(path, |admission| file(&mut ledgers, &admission))?;
    let mut holds = true;
    for (tenant, ledger) in &ledgers {
        let finding = Finding::of(ledger, nanos(window), limit);
        eprintln!("{tenant}: {finding}");
        holds &= finding.holds();
    }
    Ok(holds)
}

fn code(holds: bool) -> ExitCode {
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
