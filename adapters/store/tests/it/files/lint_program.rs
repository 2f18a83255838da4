//! The linter as a program: what it writes, and the status that it ends with.

use std::process::{Command, Output};

use super::kit::Folder;

const BAD: &str = "[[tenants]]\ntenant_id = 'acme'\nquota.requests_per_minute = -1\n";
const ODD: &str = "[[tenants]]\ntenant_id = 'acme'\n";
const GOOD: &str = "[[tenants]]\ntenant_id = 'acme'\nquota.requests_per_minute = 1\n";

/// Runs it in the folder.
fn run(folder: &Folder, args: &[&str]) -> (i32, String, String) {
    let program = Command::new(env!("CARGO_BIN_EXE_tollgate-store"))
        .args(args)
        .current_dir(folder.path())
        .output();
    let Output {
        status,
        stdout,
        stderr,
    } = program.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

#[test]
fn findings_are_written_for_people() {
    let folder = Folder::with(&[("bad.toml", BAD), ("odd.toml", ODD)]);
    let (status, out, err) = run(&folder, &["check", "bad.toml", "odd.toml"]);
    assert_eq!((status, err.as_str()), (1, ""));
    assert_eq!(
        out,
        "bad.toml:3:29: error: tenant acme: quota.requests_per_minute -1: must be a whole number from 0 (unlimited) \
         to 9007199254740991\n\
         odd.toml:1:1: warning: tenant acme: quota: limits nothing [no-limit]\n  \
           why: there is no limit, and 0 per minute means without limit\n  \
           help: set quota.requests_per_minute or a limit, unless that is meant\n\
         1 error and 1 warning in 1 tenant of 2 files\n"
    );
}

#[test]
fn findings_are_written_for_programs_one_object_a_line() {
    let folder = Folder::with(&[("bad.toml", BAD), ("odd.toml", ODD)]);
    let (status, out, _) = run(&folder, &["check", "--json", "."]);
    assert_eq!(status, 1);
    let objects: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        objects,
        [
            serde_json::json!({
                "severity": "error", "rule": "refused", "file": "./bad.toml", "line": 3, "column": 29,
                "tenant": "acme", "field": "quota.requests_per_minute", "value": "-1",
                "problem": "must be a whole number from 0 (unlimited) to 9007199254740991",
            }),
            serde_json::json!({
                "severity": "warning", "rule": "no-limit", "file": "./odd.toml", "line": 1, "column": 1,
                "tenant": "acme", "field": "quota", "problem": "limits nothing",
                "why": "there is no limit, and 0 per minute means without limit",
                "help": "set quota.requests_per_minute or a limit, unless that is meant",
            }),
        ]
    );
}

#[test]
fn the_status_says_whether_it_could_be_put_in_force() {
    let folder = Folder::with(&[("bad.toml", BAD), ("odd.toml", ODD), ("good.toml", GOOD)]);
    let status = |args: &[&str]| run(&folder, args).0;
    assert_eq!(status(&["check", "good.toml"]), 0);
    assert_eq!(status(&["check", "odd.toml"]), 0);
    assert_eq!(status(&["check", "--deny-warnings", "odd.toml"]), 1);
    assert_eq!(status(&["check", "--deny-warnings", "good.toml"]), 0);
    assert_eq!(status(&["check", "bad.toml"]), 1);
    assert_eq!(status(&["check", "none.toml"]), 1);
    for wrong in [
        &[][..],
        &["check"],
        &["chekc", "good.toml"],
        &["check", "--jsn", "good.toml"],
    ] {
        let (status, out, err) = run(&folder, wrong);
        assert_eq!((status, out.as_str()), (2, ""), "{wrong:?}");
        assert!(err.contains("Usage"), "{wrong:?}: {err}");
    }
}
