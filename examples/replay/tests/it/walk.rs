//! The README's walk is what the program does.

use std::path::{Path, PathBuf};

use crate::kit::run;

fn walk(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("walk")
        .join(name)
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn the_files_of_the_walk_belong_together_and_the_readme_quotes_them() {
    let (config, stricter) = (walk("tenants.toml"), walk("stricter.toml"));
    let (log, decisions) = (text(&walk("log.jsonl")), text(&walk("decisions.jsonl")));
    let args = [
        "--config",
        config.to_str().unwrap(),
        "--against",
        stricter.to_str().unwrap(),
    ];
    let done = run(&args, &log);
    done.lines();
    assert_eq!(done.decisions, decisions);

    let readme = text(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    assert!(readme.contains(&text(&config)));
    for quoted in [&log, &decisions] {
        let first: Vec<_> = quoted.lines().take(4).collect();
        assert!(readme.contains(&first.join("\n")), "{first:#?}");
    }
    let cells = |text: &str| {
        let row = text.lines().rfind(|line| line.starts_with("acme "));
        let cells = row.unwrap().split_whitespace().map(str::to_owned);
        cells.collect::<Vec<_>>()
    };
    assert_eq!(cells(&readme), cells(&done.said));
}
