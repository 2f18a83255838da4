//! The program as a user runs it; and an auditor that is shown to find every lie that it can be told.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that fails may panic"
)]

use std::process::{Command, Output};

fn simulation(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_simulation"));
    command.args(args).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Runs a broken world; gives what the auditor said of the first promise that was not kept.
fn finds(kind: &str) -> String {
    let output = simulation(&["--seeds", "5", "--break", kind]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(1), "{kind}: {said}");
    assert!(said.contains(&format!("--break {kind}")), "{said}");
    said
}

#[test]
fn an_honest_engine_is_found_honest() {
    let output = simulation(&["--seeds", "3", "--from", "70"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let number = |name: &str| -> u64 {
        let line = said
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    // Something of everything happened, or nothing was shown.
    for name in [
        "admitted",
        "denied ",
        "settled",
        "refunded",
        "config changes",
        "suspends",
        "removals",
    ] {
        assert!(number(name) > 50, "{name}: {said}");
    }
    for name in [
        "evictions",
        "audited intervals",
        "denials exact",
        "denials waited",
        "usage samples",
    ] {
        assert!(number(name) > 500, "{name}: {said}");
    }
}

#[test]
fn one_too_many_is_found() {
    assert!(finds("admit-denied").contains("P1: "));
}

#[test]
fn a_false_denial_is_found() {
    assert!(finds("deny-admitted").contains("fits every limit"));
}

#[test]
fn a_nanosecond_too_early_and_too_late_is_found() {
    assert!(finds("early-tick").contains("P3: "));
    assert!(finds("late-tick").contains("P3: "));
}

#[test]
fn a_denial_that_charges_is_found() {
    finds("charge-denied");
}

#[test]
fn a_settlement_that_is_lost_or_has_the_wrong_sign_is_found() {
    finds("drop-settle");
    finds("refund-sign");
}

#[test]
fn a_slot_that_is_held_and_free_at_once_is_found() {
    finds("keep-slot");
}

#[test]
fn usage_that_a_swap_or_a_sweep_forgets_is_found() {
    finds("swap-forgets");
    finds("sweep-forgets");
}

#[test]
fn a_suspension_that_is_late_is_found() {
    assert!(finds("suspend-late").contains("P11: "));
}

#[test]
fn an_admission_that_skips_a_limit_is_found() {
    finds("skip-limit");
}

#[test]
fn a_failure_is_seen_again_by_the_command_that_it_prints() {
    let first = finds("refund-sign");
    let command = first
        .lines()
        .find_map(|line| line.strip_prefix("again: "))
        .unwrap();
    let args: Vec<&str> = command.split_once(" -- ").unwrap().1.split(' ').collect();
    let again = simulation(&args);
    assert_eq!((again.status.code(), said(&again)), (Some(1), first));
}

#[test]
fn threads_that_ask_at_once_are_audited_too() {
    let output = simulation(&["--seeds", "1", "--steps", "8000", "--threads", "4"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let broken = simulation(&["--seeds", "1", "--threads", "2", "--break", "swap-forgets"]);
    assert_eq!(broken.status.code(), Some(1));
}

fn number(said: &str, name: &str) -> u64 {
    let line = said
        .lines()
        .find(|line| line.trim_start().starts_with(name));
    let last = line.unwrap().split_whitespace().last();
    last.unwrap().parse().unwrap()
}

#[test]
fn nodes_that_share_limits_never_admit_too_much_and_come_back_to_life() {
    let output = simulation(&["cluster", "--seeds", "150"]);
    let said = said(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // Something of everything happened, or nothing was shown.
    for (name, least) in [
        ("admitted", 50_000),
        ("denied", 50_000),
        ("waited first", 10_000),
        ("settled", 5_000),
        ("not answered in time", 5_000),
        ("answered late", 5_000),
        ("faults", 2_000),
        ("losses of the store", 20),
        ("audited intervals", 50_000),
        ("seeds alive at the end", 10),
    ] {
        assert!(number(&said, name) >= least, "{name}: {said}");
    }
}

#[test]
fn a_seed_of_many_nodes_tells_the_same_story_twice() {
    let tell = || {
        said(&simulation(&[
            "cluster", "--seeds", "1", "--from", "11", "--trace",
        ]))
    };
    let untimed = |story: String| {
        let lines = story.lines().filter(|line| !line.contains(" seeds in "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let first = untimed(tell());
    assert!(first.len() > 1_000);
    assert!(first == untimed(tell()));
}
