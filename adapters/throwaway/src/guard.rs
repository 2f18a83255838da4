//! Cleans up after a test, even one that was killed.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Reads process ids from a pipe, of which the last one counts, until the pipe breaks: because the test let go of the
/// guard, or because the test is no more. Then nothing of the server may be left.
const SCRIPT: &str = r#"
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    n=0
    while kill -0 "$pid" && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
    kill -KILL "$pid"
fi
rm -rf -- "$1"
"#;

/// A shell that outlives the test by as long as it takes to end a process and remove a folder.
///
/// Not `PR_SET_PDEATHSIG`, which follows the *thread* that started a process: a server that several tests share would
/// go with the first of them. And nothing that Drop does, since statics are never dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    /// Closed first of all when the guard goes.
    pipe: Option<ChildStdin>,
}

impl Guard {
    /// From now on `folder` is removed when this process ends, however it does.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is meant for the test.
            .process_group(0)
            .spawn()?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// From now on this process is ended too, and the one before is not; `None` if there is none.
    pub(crate) fn watch(&mut self, pid: Option<u32>) -> io::Result<()> {
        self.say(&pid.map(|pid| pid.to_string()).unwrap_or_default())
    }

    /// From now on every process of the group that this one leads is ended too.
    pub(crate) fn watch_group(&mut self, leader: u32) -> io::Result<()> {
        self.say(&format!("-{leader}"))
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) => writeln!(pipe, "{line}"),
            None => Ok(()),
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _status = self.shell.wait();
    }
}
