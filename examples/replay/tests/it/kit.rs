//! Runs the program, with files of a test's own.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// What the program left behind.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    /// stdout.
    pub(crate) decisions: String,
    /// stderr.
    pub(crate) said: String,
}

impl Done {
    /// The decisions of a run that ended well, one a line.
    pub(crate) fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, Some(0), "{}", self.said);
        self.decisions.lines().collect()
    }
}

/// A file that no other test writes.
pub(crate) fn file(text: &str) -> PathBuf {
    static FILES: AtomicU64 = AtomicU64::new(0);
    let name = format!(
        "replay-{}-{}",
        std::process::id(),
        FILES.fetch_add(1, Ordering::Relaxed)
    );
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).unwrap();
    path
}

pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_replay"));
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the program on `log`.
pub(crate) fn run(args: &[&str], log: &str) -> Done {
    let mut child = command(args).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let log = log.to_owned();
    // Apart, so that neither pipe waits for the other. It may end before it has read all.
    let writer = thread::spawn(move || stdin.write_all(log.as_bytes()).is_ok());
    let output = child.wait_with_output().unwrap();
    let _all_was_read = writer.join().unwrap();
    Done {
        code: output.status.code(),
        decisions: String::from_utf8(output.stdout).unwrap(),
        said: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs it under a config.
pub(crate) fn replay(config: &str, log: &str) -> Done {
    replay_with(config, log, &[])
}

/// Runs it under a config, with more arguments.
pub(crate) fn replay_with(config: &str, log: &str, more: &[&str]) -> Done {
    let path = file(config);
    let args = [&["--config", path.to_str().unwrap()], more].concat();
    let done = run(&args, log);
    std::fs::remove_file(path).unwrap();
    done
}

/// What a line says in short: whether it was admitted, or why not, and what remains.
pub(crate) fn short(line: &str) -> String {
    let (_, line) = line.split_once("\"reason\":").unwrap();
    let (reason, rest) = line.split_once(',').unwrap();
    let (_, remaining) = rest.split_once("\"remaining\":").unwrap();
    format!(
        "{reason} {}",
        remaining.trim_end_matches('}').trim_start_matches('{')
    )
}

/// Runs it under a config; every decision in short.
pub(crate) fn shorts(config: &str, log: &str) -> Vec<String> {
    replay(config, log).lines().into_iter().map(short).collect()
}
