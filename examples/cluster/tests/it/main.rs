//! The program, as one runs it: nodes, load, faults, log and audit.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A window of two seconds in nanoseconds, and what fits.
const WINDOW: u64 = 2_000_000_000;
const LIMIT: u64 = 400;

/// A file that nobody else has, gone with this value.
struct Log(PathBuf);

impl Log {
    fn new(name: &str) -> Self {
        let name = format!("cluster-test-{}-{name}.jsonl", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    /// What any program can read: tenant and nanoseconds of each admission.
    fn admissions(&self) -> BTreeMap<String, Vec<u64>> {
        let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for line in std::fs::read_to_string(&self.0).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["costs"]["requests"], 1);
            assert!(line["node"].as_u64().unwrap() < 3);
            let tenant = line["tenant"].as_str().unwrap().to_owned();
            found
                .entry(tenant)
                .or_default()
                .push(line["ns"].as_u64().unwrap());
        }
        for times in found.values_mut() {
            times.sort_unstable();
        }
        found
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

fn cluster(arguments: &str, log: &Log) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cluster"))
        .args(arguments.split(' '))
        .arg(if arguments.starts_with("run") {
            "--log"
        } else {
            "--limit=400"
        })
        .arg(&log.0)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The most in any half-open interval of a window that begins with an admission, one by one.
fn most(times: &[u64]) -> u64 {
    let within = |start: u64| {
        times
            .iter()
            .filter(|&&at| at >= start && at < start + WINDOW)
            .count()
    };
    let most = times.iter().map(|&start| within(start)).max().unwrap_or(0);
    u64::try_from(most).unwrap()
}

const RUN: &str = "run --nodes 3 --window 2s --sub-windows 20 --limit 400 --seconds 6 --warm-up 2s";

#[test]
fn a_killed_nodes_admissions_are_all_in_the_log() {
    let log = Log::new("killed");
    let line = "run --nodes 3 --window 2s --limit 4000 --seconds 6 --warm-up 0s \
                --limiter write-behind --kill-nodes 0.3..0.6s --overload 0.5";
    let output = cluster(line, &log);
    let said = said(&output);
    assert!(output.status.success(), "{said}");
    let text = std::fs::read_to_string(&log.0).unwrap();
    let lived_again = |line: &&str| !line.contains("\"life\":0,");
    assert!(text.lines().filter(lived_again).count() > 0, "{said}");
    // Nodes say what they have admitted by another way, a few times a second, until they are killed.
    let (_, told) = said.split_once("after the warm-up ").unwrap();
    let told: usize = told.split(' ').next().unwrap().parse().unwrap();
    assert!(
        told > 0 && text.lines().count() >= told,
        "{} lines\n{said}",
        text.lines().count()
    );
}

#[test]
fn the_audit_of_a_log_finds_what_counting_every_interval_finds() {
    let log = Log::new("audit");
    // It lets through too much, or else the audit would have little to find.
    let output = cluster(&format!("{RUN} --limiter write-behind --tenants 2"), &log);
    let admissions = log.admissions();
    assert_eq!(admissions.len(), 2, "{}", said(&output));
    let audit = cluster("audit --window 2s", &log);
    let text = said(&audit);
    for (tenant, times) in &admissions {
        let found = format!(
            "{tenant}: {} admissions, {} of {LIMIT}",
            times.len(),
            most(times)
        );
        assert!(text.contains(&found), "{found}\n{text}");
        assert!(said(&output).contains(&found), "{found}\n{}", said(&output));
    }
    let holds = admissions.values().all(|times| most(times) <= LIMIT);
    assert_eq!(audit.status.success(), holds);
    assert_eq!(output.status.success(), holds);
}

#[test]
fn what_cannot_be_done_is_told() {
    let log = Log::new("refused");
    for (line, why) in [
        (
            "run --redis redis://127.0.0.1:1 --kill-redis 1",
            "leave out --redis",
        ),
        ("run --limiter limitador", "--node-program"),
        ("run --delay 3..1s", "ends before it begins"),
        ("run --kill-redis 1 --stop-redis 1s", "cannot be used with"),
    ] {
        let output = cluster(line, &log);
        assert!(
            !output.status.success() && said(&output).contains(why),
            "{}",
            said(&output)
        );
    }
}
