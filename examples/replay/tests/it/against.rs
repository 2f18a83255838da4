//! Two configs on one log.

use crate::kit::{file, replay_with};

fn config(acme: u64, globex: u64) -> String {
    format!(
        r#"{{"tenants": [
            {{"tenant_id": "acme", "quota": {{"requests_per_minute": {acme}}}}},
            {{"tenant_id": "globex", "quota": {{"requests_per_minute": {globex}}}}},
            {{"tenant_id": "same"}}]}}"#
    )
}

/// A request of each tenant every 100.5 ms, 20 times.
fn log() -> String {
    let mut lines = String::new();
    for at in 0..20 {
        for tenant in ["acme", "globex", "same", "stranger"] {
            lines += "{\"t_ms\": ";
            lines += &(at * 100).to_string();
            lines += ".5, \"tenant\": \"";
            lines += tenant;
            lines += "\", \"cost\": {\"requests\": 1}}\n";
        }
    }
    lines
}

#[test]
fn it_tells_who_would_be_denied_more_and_when() {
    let other = file(&config(5, 15));
    let first = config(10, 10);
    let done = replay_with(&first, &log(), &["--against", other.to_str().unwrap()]);
    let alone = replay_with(&first, &log(), &[]);
    std::fs::remove_file(other).unwrap();
    assert_eq!(
        done.lines(),
        alone.lines(),
        "decisions are those of the first"
    );

    let (_, table) = done.said.split_once("denied: ").unwrap();
    let rows: Vec<Vec<_>> = table
        .lines()
        .skip(1)
        .take(3)
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        rows,
        [
            vec!["acme", "20", "10", "15", "+5", "500.5", "0", "5"],
            vec!["globex", "20", "10", "5", "-5", "1000.5", "0", "5"],
            vec![],
        ]
    );
}

#[test]
fn the_same_config_twice_makes_no_difference() {
    let other = file(&config(10, 10));
    let done = replay_with(
        &config(10, 10),
        &log(),
        &["--against", other.to_str().unwrap()],
    );
    std::fs::remove_file(other).unwrap();
    done.lines();
    assert!(
        done.said.contains("admit and deny the same requests"),
        "{}",
        done.said
    );
}

#[test]
fn a_tenant_that_only_one_config_knows_is_a_difference() {
    let other = file(r#"{"tenants": [{"tenant_id": "stranger"}]}"#);
    let log = r#"
        {"t_ms": 7, "suspend": "acme"}
        {"t_ms": 8, "tenant": "stranger", "cost": {}}
    "#;
    let done = replay_with(&config(1, 1), log, &["--against", other.to_str().unwrap()]);
    std::fs::remove_file(other).unwrap();
    done.lines();
    let row = done.said.lines().find(|line| line.starts_with("stranger"));
    let cells: Vec<_> = row.unwrap().split_whitespace().collect();
    assert_eq!(cells, ["stranger", "1", "1", "0", "-1", "8", "0", "1"]);
}
