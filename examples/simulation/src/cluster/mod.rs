//! Many nodes that share limits through one store: simulated in full, seed after seed, and audited.
//!
//! README.md beside this crate says what is simulated, what is audited, and how.

mod audit;
mod scenario;
mod tally;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;

use self::tally::Tally;
use self::world::World;
use crate::progress;

/// Simulates nodes that share limits through a store, seed after seed, and audits what all of them admit together.
#[derive(Args)]
pub(crate) struct Cluster {
    /// How many seeds
    #[arg(long, default_value_t = 300)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Goes on after a promise that was not kept, and ends with how many there were
    #[arg(long)]
    keep_going: bool,
    /// Tells on stderr all that happens
    #[arg(long)]
    trace: bool,
}

impl Cluster {
    pub(crate) fn run(&self) -> ExitCode {
        let began = Instant::now();
        let bar = progress::bar(self.seeds);
        let mut tally = Tally::default();
        let mut failures = 0;
        for seed in self.from..self.from.saturating_add(self.seeds) {
            match one(seed, self.trace) {
                Ok(more) => tally += more,
                Err(problem) => {
                    bar.suspend(|| eprintln!("{problem}"));
                    failures += 1;
                    if !self.keep_going {
                        break;
                    }
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if failures > 0 {
            eprintln!("{failures} seeds failed");
            return ExitCode::FAILURE;
        }
        eprintln!("{tally}{} seeds in {:.1?}", self.seeds, began.elapsed());
        ExitCode::SUCCESS
    }
}

/// Runs one seed; says what went wrong, and how to see it again.
fn one(seed: u64, trace: bool) -> Result<Tally, String> {
    let again = format!("cargo run --release -p simulation -- cluster --from {seed} --seeds 1");
    // A panic is printed as it happens; what remains to be said is where.
    let Ok(ran) = catch_unwind(AssertUnwindSafe(|| World::new(seed, trace).run())) else {
        return Err(format!("seed {seed}: panicked, see above\nagain: {again}"));
    };
    ran.map_err(|violation| format!("seed {seed}: {violation}\nagain: {again}"))
}
