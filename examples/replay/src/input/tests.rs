//! What is read as what, and what is refused with which words.

use tollgate::Dimension;

use super::*;

fn problem(log: &str) -> String {
    let mut lines = Lines::new(log.as_bytes());
    loop {
        match lines.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no problem in {log}"),
            Err(problem) => return problem.to_string(),
        }
    }
}

#[test]
fn a_request_has_all_that_its_line_says() {
    let log =
        r#"{"t_ms": 12.5, "tenant": "acme", "cost": {"requests": 1, "bytes": 18446744073709551615},
        "model": "gpt\u002d4", "path": "/x", "settle": {"tokens": 70, "after_ms": 0.000001}}"#
            .replace('\n', " ");
    let mut lines = Lines::new(log.as_bytes());
    let line = lines.next().unwrap().unwrap();
    assert_eq!((line.number, line.at.to_string()), (1, "12.5".to_owned()));
    let Input::Request(request) = line.input else {
        panic!("{line:?}");
    };
    assert_eq!(request.tenant.as_str(), "acme");
    assert_eq!(request.cost.get(&"bytes".parse().unwrap()), u64::MAX);
    let access = request.access();
    assert_eq!(
        (access.model, access.path, access.tool),
        (Some("gpt-4"), Some("/x"), None)
    );
    let (after, actual) = request.settle.unwrap();
    assert_eq!(after.to_string(), "0.000001");
    assert_eq!(actual.named_amount(&Dimension::Tokens), Some(70));
    assert_eq!(actual.named_amount(&Dimension::Requests), None);
}

#[test]
fn blank_lines_are_passed_over_and_counted() {
    let log = "\n  \r\n{\"t_ms\": 1, \"suspend\": \"a\"}\n\n";
    let mut lines = Lines::new(log.as_bytes());
    assert_eq!(lines.next().unwrap().unwrap().number, 3);
    assert!(lines.next().unwrap().is_none());
}

#[test]
fn time_may_stand_still_and_may_not_go_back() {
    let suspend = |at: &str| format!("{{\"t_ms\": {at}, \"suspend\": \"a\"}}\n");
    let log = suspend("1") + "\n" + &suspend("1.0") + &suspend("0.999999");
    assert_eq!(
        problem(&log),
        "line 4: t_ms 0.999999: must not be before 1, the time of line 3"
    );
}

#[test]
fn a_bad_line_names_field_value_and_bound() {
    for (line, words) in [
        (r"[1]", "the line [1]: must be a JSON object"),
        (r#"{"t_ms": 1"#, "EOF while parsing an object (column 10)"),
        (r#"{"t_ms": 1} x"#, "trailing characters"),
        (
            r#"{"t_ms": 1, "tenat": "a"}"#,
            "unknown field `tenat`, expected one of `t_ms`",
        ),
        (r#"{"t_ms": 1, "t_ms": 2}"#, "duplicate field `t_ms`"),
        (r#"{"tenant": "a", "cost": {}}"#, "t_ms: must be given"),
        (
            r#"{"t_ms": -1, "resume": "a"}"#,
            "t_ms -1: must be a number of milliseconds from 0 to",
        ),
        (
            r#"{"t_ms": "1", "resume": "a"}"#,
            "t_ms \"1\": must be a number",
        ),
        (
            r#"{"t_ms": 1}"#,
            "must have exactly one of tenant, config, suspend and resume",
        ),
        (
            r#"{"t_ms": 1, "suspend": "a", "resume": "a"}"#,
            "exactly one of",
        ),
        (
            r#"{"t_ms": 1, "suspend": "a", "model": "x"}"#,
            "model: must not stand beside suspend",
        ),
        (r#"{"t_ms": 1, "suspend": 5}"#, "suspend 5: must be a text"),
        (
            r#"{"t_ms": 1, "tenant": "a b", "cost": {}}"#,
            "tenant \"a b\": a tenant id may only have",
        ),
        (r#"{"t_ms": 1, "tenant": "a"}"#, "cost: must be given"),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": 5}"#,
            "cost 5: invalid type: integer `5`, expected an object",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {"tokens": -5}}"#,
            "cost.tokens -5: must be a whole number from 0 to 18446744073709551615",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {"tokens": 1.5}}"#,
            "cost.tokens 1.5: must be a whole",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {"tokens": 1, "tokens": 2}}"#,
            "names \"tokens\" twice",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {"Tokens": 1}}"#,
            "cost: dimension \"Tokens\": must be",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {}, "settle": {"tokens": 1}}"#,
            "settle.after_ms: must be given",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {}, "settle": {"after_ms": -1}}"#,
            "settle.after_ms -1: must be",
        ),
        (
            r#"{"t_ms": 1, "tenant": "a", "cost": {}, "model": ["x"]}"#,
            "model [\"x\"]: must be a text",
        ),
        (
            r#"{"t_ms": 1, "config": {"tenants": 7}}"#,
            "config: tenants 7",
        ),
    ] {
        let problem = problem(line);
        assert!(
            problem.starts_with("line 1: ") && problem.contains(words),
            "{problem}"
        );
    }
}

#[test]
fn every_problem_of_a_config_has_the_line_s_number() {
    let log = r#"{"t_ms": 1, "config": {"tenant_id": "a", "quotas": 1, "status": "x"}}"#;
    let problem = problem(log);
    let lines: Vec<_> = problem.lines().collect();
    assert_eq!(lines.len(), 2, "{problem}");
    let named = |line: &&str| line.starts_with("line 1: config: tenant a: ");
    assert!(lines.iter().all(named), "{problem}");
}

#[test]
fn what_is_no_text_is_no_line() {
    let mut lines = Lines::new(&b"{\"t_ms\": 1, \"suspend\": \"\xff\"}"[..]);
    let problem = lines.next().unwrap_err().to_string();
    assert!(problem.starts_with("line 1: invalid utf-8"), "{problem}");
}

#[test]
fn a_cost_names_at_most_as_many_dimensions_as_a_tenant_may_have_limits() {
    let cost = |most: usize| {
        let entries: Vec<_> = (0..most).map(|at| format!("\"d{at}\": 1")).collect();
        format!(
            "{{\"t_ms\": 1, \"tenant\": \"a\", \"cost\": {{{}}}}}",
            entries.join(", ")
        )
    };
    assert!(Lines::new(cost(64).as_bytes()).next().is_ok());
    assert!(problem(&cost(65)).contains("must name at most 64 dimensions"));
}
