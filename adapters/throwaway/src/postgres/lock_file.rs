//! What a server says of itself in `postmaster.pid`, a line for each matter.

use std::path::Path;
use std::process::{Command, Stdio};

/// The line of the key and the id of its shared memory.
const MEMORY: usize = 6;
/// The line that says how far it is.
const STATUS: usize = 7;

fn line(data: &Path, number: usize) -> Option<String> {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    file.lines().nth(number).map(str::to_owned)
}

/// Whether the process `pid` takes queries.
pub(crate) fn is_ready(data: &Path, pid: u32) -> bool {
    line(data, 0) == Some(pid.to_string())
        && line(data, STATUS).is_some_and(|status| status.trim() == "ready")
}

/// Gives back the bit of shared memory by which a server that was killed would keep a second one out of its folder.
pub(crate) fn release_memory(data: &Path) {
    let Some(memory) = line(data, MEMORY) else {
        return;
    };
    if let Some(id) = memory.split_whitespace().nth(1) {
        // Without the program a few bytes stay until the machine goes down.
        let _status = Command::new("ipcrm")
            .args(["-m", id])
            .stderr(Stdio::null())
            .status();
    }
}
