//! Example `scope`, run as a user runs it.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

const SCHEMA: [&str; 6] = [
    "--scoped",
    "resources",
    "--scoped",
    "orders:org_id",
    "--shared",
    "countries",
];

/// The example beside this test: `cargo test` builds both.
fn program() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let profile = own.parent().and_then(|deps| deps.parent()).unwrap();
    let name = format!("scope{}", std::env::consts::EXE_SUFFIX);
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "not built: run `cargo build -p tollgate-db --example scope`"
    );
    program
}

fn start(arguments: &[&str]) -> Child {
    Command::new(program())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn run(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = start(arguments);
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // From a thread of its own, or both sides could wait for each other.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    // A program that has seen enough hangs up.
    let _hung_up = writer.join().unwrap();
    output
}

fn answers(dialect: &str, input: &[u8]) -> Vec<Value> {
    let arguments: Vec<&str> = ["--dialect", dialect].into_iter().chain(SCHEMA).collect();
    let output = run(&arguments, input);
    let complaints = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{complaints}");
    assert_eq!(complaints, "");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_statement_gets_one_line_with_its_text_and_its_binds_in_bind_order() {
    let statements = b"-- what users see
SELECT id, name FROM resources WHERE status = ?;

DELETE FROM orders
WHERE id = ? OR note = 'a;b';
INSERT INTO countries (id) VALUES (1);
{\"sql\": \"SELECT 1\"}
SELECT 2";
    assert_eq!(
        answers("sqlite", statements),
        [
            json!({
                "sql": "SELECT id, name FROM (SELECT * FROM resources WHERE resources.tenant_id = ?2 COLLATE BINARY) AS resources WHERE status = ?1",
                "binds": [{"caller": 1}, "tenant"],
            }),
            json!({
                "sql": "DELETE FROM orders WHERE orders.org_id = ?2 COLLATE BINARY AND (id = ?1 OR note = 'a;b')",
                "binds": [{"caller": 1}, "tenant"],
            }),
            json!({"refused": "a shared table is read-only", "at": "countries"}),
            json!({"sql": "SELECT 1", "binds": []}),
            json!({"sql": "SELECT 2", "binds": []}),
        ]
    );
}

#[test]
fn mysqls_binds_come_in_the_order_of_its_question_marks() {
    let statement = br#"{"sql": "UPDATE resources SET a = ? WHERE b = ?"}"#;
    let binds = &answers("mysql", statement)[0]["binds"];
    assert_eq!(
        binds,
        &json!([{"caller": 1}, "tenant", "tenant", {"caller": 2}])
    );
}

#[test]
fn what_is_no_statement_is_answered_too() {
    let mut input = b"SELECT '\xff';\n{\"sql\": 1}\n{\"sql\": \n".to_vec();
    input.extend(b"SELECT ");
    input.extend("x".repeat(10 << 20).as_bytes());
    input.extend(b";\nSELECT 1;\n");
    let answers = answers("postgres", &input);
    assert_eq!(answers.len(), 5);
    let refused: Vec<&str> = answers
        .iter()
        .filter_map(|answer| answer["refused"].as_str())
        .collect();
    assert!(refused[0].starts_with("not UTF-8: "), "{}", refused[0]);
    assert_eq!(refused[1], "no \"sql\" with a text in it");
    assert!(refused[2].starts_with("not JSON: "), "{}", refused[2]);
    assert_eq!(refused[3], "10485768 bytes: at most 16384");
    assert_eq!(answers[4], json!({"sql": "SELECT 1", "binds": []}));
}

#[test]
fn a_program_can_hold_a_dialogue_with_it() {
    let mut child = start(&["--dialect", "postgresql", "--scoped", "resources"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for number in 1..=3 {
        writeln!(stdin, "{{\"sql\": \"SELECT {number}\"}}").unwrap();
        let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        assert_eq!(answer["sql"], format!("SELECT {number}"));
    }
    drop(stdin);
    assert!(lines.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn arguments_that_make_no_sense_are_an_error() {
    for (arguments, complaint) in [
        (&["--scoped", "a"][..], "--dialect"),
        (
            &["--dialect", "oracle"],
            "must be postgres, sqlite or mysql",
        ),
        (&["--dialect", "sqlite", "--unknown"], "--unknown"),
        (
            &["--dialect", "sqlite", "--scoped", "a", "--shared", "A"],
            "declared more than once",
        ),
        (
            &["--dialect", "sqlite", "--scoped", "a:"],
            "must be 1 to 255 bytes",
        ),
    ] {
        let output = run(arguments, b"");
        let complaints = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {complaints}");
        assert!(
            complaints.contains(complaint),
            "{arguments:?}: {complaints}"
        );
        assert_eq!(output.stdout, b"");
    }
}
