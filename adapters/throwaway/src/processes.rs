//! All processes of one server, and how to end them.

use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a process may take to go, or to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Ends every process that works in `folder`, as a crash would. When this returns there is none.
///
/// By the folder and not by descent: who is forked while its parent dies is no child of the server any more.
///
/// # Errors
/// When one is still there after a minute.
pub(crate) fn crash(folder: &Path) -> io::Result<()> {
    wait_until("a killed process is still there", || {
        let processes = working_in(folder)?;
        for pid in &processes {
            // Whoever has gone by itself meanwhile is as good.
            let _gone = kill_process(*pid, Signal::KILL);
        }
        Ok(processes.is_empty())
    })
}

/// The processes that work in `folder`. Those that have ended and wait for their parent don't count.
pub(crate) fn working_in(folder: &Path) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let number = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else {
            continue;
        };
        if std::fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Asks every few milliseconds, for a minute at most.
pub(crate) fn wait_until(
    otherwise: &str,
    mut done: impl FnMut() -> io::Result<bool>,
) -> io::Result<()> {
    let start = Instant::now();
    while !done()? {
        if start.elapsed() > PATIENCE {
            return Err(io::Error::new(io::ErrorKind::TimedOut, otherwise));
        }
        sleep(Duration::from_millis(5));
    }
    Ok(())
}
