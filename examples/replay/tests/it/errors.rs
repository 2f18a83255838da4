//! What the program says and does when something is wrong.

use std::io::{Read, Write};
use std::thread;

use crate::kit::{command, file, replay, replay_with, run};

const CONFIG: &str = r#"{"tenants": [{"tenant_id": "acme"}]}"#;
const GOOD: &str = "{\"t_ms\": 5, \"tenant\": \"acme\", \"cost\": {}}\n";

#[test]
fn a_bad_line_stops_it_with_its_number_after_what_was_decided_before() {
    for (line, said) in [
        (
            r#"{"t_ms": 4.5, "tenant": "acme", "cost": {}}"#,
            "line 17: t_ms 4.5: must not be before 5, the time of line 16\n",
        ),
        (
            r#"{"t_ms": 5, "tenant": "acme", "cost": {"tokens": -1}}"#,
            "line 17: cost.tokens -1: must be a whole number from 0 to 18446744073709551615\n",
        ),
        (
            r#"{"t_ms": 5, "config": {"tenant_id": "acme", "quota": {"requests_per_minute": -1}}}"#,
            "line 17: config: tenant acme: quota.requests_per_minute -1: \
             must be a whole number from 0 (unlimited) to 9007199254740991\n",
        ),
    ] {
        let done = replay(CONFIG, &(GOOD.repeat(16) + line + "\n" + GOOD));
        assert_eq!((done.code, done.said.as_str()), (Some(1), said));
        assert_eq!(done.decisions.lines().count(), 16);
    }
}

#[test]
fn a_config_file_is_refused_with_every_problem_at_once() {
    let done = replay(
        "tenants = [{tenant_id = 'a b'}, {tenant_id = 'c', stauts = 1}]",
        "",
    );
    assert_eq!(done.code, Some(1));
    let lines: Vec<_> = done.said.lines().collect();
    assert_eq!(lines.len(), 2, "{}", done.said);
    assert!(
        lines.iter().all(|line| line.contains("replay-")),
        "{}",
        done.said
    );

    for text in ["{\"tenants\": [", "tenants = ["] {
        assert_eq!(replay(text, "").code, Some(1));
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let done = run(&["--config", "no-such.toml"], "");
    assert_eq!(done.code, Some(1));
    assert!(done.said.starts_with("no-such.toml: "), "{}", done.said);
    let done = replay_with(CONFIG, GOOD, &["--against", "no-such.json"]);
    assert_eq!(done.code, Some(1));
    assert!(done.said.starts_with("no-such.json: "), "{}", done.said);
}

#[test]
fn a_start_out_of_bounds_is_misuse() {
    for start in ["yesterday", "1969-12-31T23:59:59Z", "2300-01-01T00:00:01Z"] {
        let done = replay_with(CONFIG, "", &["--start", start]);
        assert_eq!(done.code, Some(2), "{}", done.said);
        assert!(done.said.contains(start), "{}", done.said);
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let path = file(CONFIG);
    let mut child = command(&["--config", path.to_str().unwrap()])
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || {
        // Until it stops reading.
        while stdin.write_all(GOOD.repeat(1_000).as_bytes()).is_ok() {}
    });
    let mut some = [0; 100];
    child.stdout.take().unwrap().read_exact(&mut some).unwrap();
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    std::fs::remove_file(path).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
