//! The nodes: processes that are started, heard, killed and stopped.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::totals::Totals;
use super::{Options, Timeline};
use crate::figures::nanos;
use crate::node::{Report, Task};
use crate::random::Random;
use crate::{Failure, clock};

/// How long a node may take to stop, which is longer than it allows itself.
const PATIENCE: Duration = Duration::from_secs(15);

/// A folder for the nodes' logs, gone with this value.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn make() -> Result<Self, Failure> {
        let name = format!("cluster-{}-{}", std::process::id(), clock::now());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path)?;
        Ok(Self(path))
    }

    /// The logs in it.
    pub(crate) fn logs(&self) -> Result<Vec<PathBuf>, Failure> {
        let logs = std::fs::read_dir(&self.0)?;
        Ok(logs
            .map(|log| Ok(log?.path()))
            .collect::<Result<_, std::io::Error>>()?)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _removed = std::fs::remove_dir_all(&self.0);
    }
}

/// All nodes of a run.
#[derive(Debug)]
pub(crate) struct Nodes {
    program: Option<PathBuf>,
    arguments: Vec<String>,
    folder: PathBuf,
    task: Task,
    slots: Mutex<Vec<Slot>>,
    totals: Arc<Mutex<Totals>>,
}

#[derive(Debug)]
struct Slot {
    process: Child,
    life: u32,
    /// Ends with the process.
    listener: JoinHandle<()>,
}

impl Nodes {
    pub(crate) fn new(options: &Options, folder: &Folder, time: Timeline, task: Task) -> Self {
        let nodes = usize::try_from(options.nodes).unwrap_or(usize::MAX);
        let totals = Totals::new(nodes, time.warm, nanos(options.window));
        Self {
            program: options.node_program.clone(),
            arguments: vec!["node".to_owned(), options.limiter.name()],
            folder: folder.0.clone(),
            task,
            slots: Mutex::default(),
            totals: Arc::new(Mutex::new(totals)),
        }
    }

    pub(crate) fn totals(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn start_all(&self) -> Result<(), Failure> {
        let count = self.totals().nodes.len();
        for node in 0..count {
            let slot = self.start(node, 0)?;
            self.slots().push(slot);
        }
        Ok(())
    }

    /// Kills one of them, whichever, and starts another in its place. Says which.
    pub(crate) fn kill_one(&self, random: &mut Random) -> Result<usize, Failure> {
        let mut slots = self.slots();
        let node = usize::try_from(random.below(u64::try_from(slots.len())?))?;
        let slot = slots.get_mut(node).ok_or("no such node")?;
        slot.process.kill()?;
        slot.process.wait()?;
        let life = slot.life.saturating_add(1);
        *slot = self.start(node, life)?;
        Ok(node)
    }

    /// Asks all to end, and waits for their last words.
    pub(crate) fn stop_all(&self) -> Result<(), Failure> {
        let mut slots = std::mem::take(&mut *self.slots());
        for slot in &mut slots {
            drop(slot.process.stdin.take());
        }
        let end = Instant::now() + PATIENCE;
        for mut slot in slots {
            let status = loop {
                if let Some(status) = slot.process.try_wait()? {
                    break status;
                }
                if Instant::now() > end {
                    slot.process.kill()?;
                }
                thread::sleep(Duration::from_millis(5));
            };
            if !status.success() {
                return Err(format!("a node ended badly: {status}").into());
            }
            let _heard = slot.listener.join();
        }
        Ok(())
    }

    fn start(&self, node: usize, life: u32) -> Result<Slot, Failure> {
        let mut task = self.task.clone();
        task.node = u32::try_from(node)?;
        task.life = life;
        task.log = self.folder.join(format!("node-{node}-{life}.jsonl"));
        // Each life of each node has requests of its own.
        let mut seeds = Random::new(task.seed ^ (u64::from(task.node) << 40) ^ u64::from(life));
        task.seed = seeds.any();
        let program = match &self.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        let mut process = Command::new(program)
            .args(&self.arguments)
            .arg(serde_json::to_string(&task)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let words = process.stdout.take().ok_or("no pipe from the node")?;
        let totals = Arc::clone(&self.totals);
        let listener = thread::spawn(move || listen(node, words, &totals));
        Ok(Slot {
            process,
            life,
            listener,
        })
    }

    fn slots(&self) -> MutexGuard<'_, Vec<Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Nodes {
    /// A run that failed leaves nobody behind.
    fn drop(&mut self) {
        for slot in &mut *self.slots() {
            let _killed = slot.process.kill();
            let _status = slot.process.wait();
        }
    }
}

/// Hears a node until it ends. A line that breaks off is that of a node that was killed.
fn listen(node: usize, words: ChildStdout, totals: &Mutex<Totals>) {
    let mut calls = 0;
    for line in BufReader::new(words).lines() {
        let report: Option<Report> = line.ok().and_then(|line| serde_json::from_str(&line).ok());
        let Some(report) = report else {
            return;
        };
        let now = clock::now();
        let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
        totals.add(node, &report, calls, now);
        calls = report.calls;
    }
}

/// Puts logs one after the other.
pub(crate) fn concatenate(logs: &[PathBuf], into: &Path) -> Result<(), Failure> {
    use std::io::Write;

    let mut out = std::io::BufWriter::new(std::fs::File::create(into)?);
    for log in logs {
        crate::log::read(log, |_| {})?;
        let text = std::fs::read(log)?;
        // As in reading: what has no end was not acted on.
        let end = text.iter().rposition(|&byte| byte == b'\n');
        let whole = end.and_then(|end| text.get(..=end)).unwrap_or_default();
        out.write_all(whole)?;
    }
    Ok(out.flush()?)
}
