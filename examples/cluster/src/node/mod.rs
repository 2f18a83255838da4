//! A node: a process of its own, with a limiter and a load. It may be killed at any time.

mod load;
mod tally;

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::interval;

use self::tally::Tally;
pub(crate) use self::tally::{Report, histogram};
use crate::Failure;
use crate::limiter::{Limiter, Setup};
use crate::log::Journal;

/// So often a node says what it has done since.
const EVERY: Duration = Duration::from_millis(200);
/// How long a request may take to end when the node is asked to.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a node is told, as JSON in its last argument.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    /// Which node it is.
    pub node: u32,
    /// Which of its lives.
    pub life: u32,
    /// For the limiter.
    pub setup: Setup,
    /// How many requests a second come to this node, for all tenants together.
    pub rate: f64,
    /// When the first may come, by the machine's monotonic clock.
    pub start_ns: u64,
    /// Seeds the times at which requests come.
    pub seed: u64,
    /// Where admissions are written to.
    pub log: PathBuf,
}

/// Is a node with this limiter, until stdin is closed: by the parent, or because it is no more.
///
/// For programs that put another limiter beside those of this crate; `cluster run --node-program` starts them.
///
/// # Errors
/// If the task can't be read, or the limiter does not start.
pub fn serve<L: Limiter>(task: &str) -> Result<ExitCode, Failure> {
    let task: Task = serde_json::from_str(task)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(run::<L>(task))?;
    // Whatever the limiter still has under way is of no use to anybody.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

async fn run<L: Limiter>(task: Task) -> Result<(), Failure> {
    let stopped = stopped();
    let journal = Journal::create(&task.log)?;
    let limiter = Arc::new(L::start(&task.setup).await?);
    let tally = Arc::new(Tally::new(task.setup.timeout));
    let reports = tokio::spawn(tell(Arc::clone(&limiter), Arc::clone(&tally)));
    let load = load::Load::new(limiter, journal, Arc::clone(&tally), &task);
    let limiter = load.run(stopped).await?;
    tally.in_flight_ends(PATIENCE).await;
    limiter.end().await;
    reports.abort();
    say(&tally.take(limiter.calls()))
}

/// Turns true when nobody holds the other end of stdin any more.
fn stopped() -> watch::Receiver<bool> {
    let (tell, stopped) = watch::channel(false);
    std::thread::spawn(move || {
        let _end = io::stdin().read_to_end(&mut Vec::new());
        tell.send_replace(true);
    });
    stopped
}

async fn tell<L: Limiter>(limiter: Arc<L>, tally: Arc<Tally>) {
    let mut ticks = interval(EVERY);
    loop {
        ticks.tick().await;
        if say(&tally.take(limiter.calls())).is_err() {
            return;
        }
    }
}

/// One line, at once: a node that is killed loses what it has not said.
fn say(report: &Report) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(report)?;
    line.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&line)?;
    Ok(out.flush()?)
}
