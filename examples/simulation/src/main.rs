//! A seeded simulation of many tenants, and an auditor that shares no code with the engine.
//!
//! ```sh
//! cargo run --release -p simulation -- --seeds 200
//! ```
//!
//! README.md beside this crate says what is simulated, what is audited, and how.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a simulation that contradicts itself ends at once, and says where"
)]

mod audit;
mod cluster;
mod facts;
mod progress;
mod rng;
mod sabotage;
mod tally;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand};

use crate::cluster::Cluster;
use crate::sabotage::Break;
use crate::tally::Tally;
use crate::world::{Settings, World};

/// Simulates many tenants of an engine, seed after seed, and audits every answer.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// How many seeds
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many things happen in each
    #[arg(long, default_value_t = 20_000)]
    steps: u64,
    /// How many tenants there are at most
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    tenants: u32,
    /// Gives nobody a parent; else some have one, whose limits bind them too
    #[arg(long)]
    alone: bool,
    /// Lets so many threads ask at once now and then; a seed then says what they ask, and not in which order
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=64))]
    threads: u8,
    /// Lies to the auditor, which must find out
    #[arg(long = "break", value_name = "KIND")]
    sabotage: Option<Break>,
    /// Tells on stderr all that the auditor hears of the tenant of this number
    #[arg(long, value_name = "N")]
    trace: Option<usize>,
}

/// What else can be simulated.
#[derive(Subcommand)]
enum What {
    /// Simulates nodes that share limits through a store, and audits what all of them admit together
    Cluster(Cluster),
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(What::Cluster(cluster)) = &args.what {
        return cluster.run();
    }
    let began = Instant::now();
    let bar = progress::bar(args.seeds);
    let mut tally = Tally::default();
    for seed in args.from..args.from.saturating_add(args.seeds) {
        match run(seed, &args) {
            Ok(more) => tally += more,
            Err(problem) => {
                bar.finish_and_clear();
                eprintln!("{problem}");
                return ExitCode::FAILURE;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    eprintln!("{tally}{} seeds in {:.1?}", args.seeds, began.elapsed());
    ExitCode::SUCCESS
}

/// Runs one seed; says what went wrong, and how to see it again.
fn run(seed: u64, args: &Args) -> Result<Tally, String> {
    let settings = Settings {
        steps: args.steps,
        tenants: usize::try_from(args.tenants).unwrap_or(usize::MAX),
        alone: args.alone,
        sabotage: args.sabotage,
        threads: usize::from(args.threads),
        trace: args.trace,
    };
    // A panic is printed as it happens; what remains to be said is where.
    let Ok(ran) = catch_unwind(AssertUnwindSafe(|| World::new(seed, settings).run())) else {
        let again = again(seed, args.steps, args);
        return Err(format!("seed {seed}: panicked, see above\nagain: {again}"));
    };
    ran.map_err(|failure| {
        let again = again(seed, failure.step + 1, args);
        let (step, violation) = (failure.step, failure.violation);
        format!("seed {seed}, step {step}: {violation}\nagain: {again}")
    })
}

/// The command that does just this again.
fn again(seed: u64, steps: u64, args: &Args) -> String {
    // Threads don't do the same again for being asked: then more seeds may be needed to see it.
    let mut command = format!(
        "cargo run --release -p simulation -- --from {seed} --seeds 1 --steps {steps} --tenants {}",
        args.tenants
    );
    if args.alone {
        command.push_str(" --alone");
    }
    if args.threads > 0 {
        command.push_str(" --threads ");
        command.push_str(&args.threads.to_string());
    }
    if let Some(kind) = args.sabotage {
        let kind = clap::ValueEnum::to_possible_value(&kind);
        let name = kind.map_or(String::new(), |kind| kind.get_name().to_owned());
        command.push_str(" --break ");
        command.push_str(&name);
    }
    command
}
