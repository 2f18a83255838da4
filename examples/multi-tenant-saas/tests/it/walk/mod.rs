//! Every line of the README is run, on the real program, and answers what the README shows.

mod readme;
mod session;
mod shown;

use saas_contract::Folder;
use throwaway::{Postgres, Redis};

use self::readme::{Act, README, acts};
use self::session::Session;

/// The lines of the quick start that this example answers, as they stand there.
const QUICK_START: [&str; 4] = [
    r#"curl -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data"#,
    r#"for i in {1..101}; do curl -H "X-Tenant-ID: acme-corp" http://localhost:8080/api/data; done"#,
    "curl http://localhost:8080/api/data",
    r#"curl -H "X-Tenant-ID: unknown" http://localhost:8080/api/data"#,
];

#[test]
fn the_readme_shows_what_its_lines_answer() {
    let folder = Folder::new();
    let database = Postgres::shared().unwrap().create_database().unwrap();
    let redis = Redis::start().unwrap();
    let acts = acts(README);
    let told = Session::run(&acts, folder.path(), &database, &redis.url());
    let wrong: Vec<String> = acts
        .iter()
        .enumerate()
        .filter_map(|(at, act)| told.differs(at, act))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_command_of_the_readme_is_left_out() {
    let acts = acts(README);
    let fences = README.lines().filter(|line| line.starts_with("```"));
    let blocks: usize = acts.iter().map(Act::blocks).sum();
    assert_eq!(
        fences.count(),
        2 * blocks,
        "a block is neither run nor compared"
    );
    assert!(acts.len() > 30, "{}", acts.len());

    let mut fenced = false;
    for line in README.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let hidden = ["curl ", "cargo ", "~~~", "<pre", "    "];
            let hidden = hidden.iter().find(|word| line.contains(**word));
            assert_eq!(hidden, None, "a command outside of a block: {line}");
        }
    }
    for line in QUICK_START {
        let is_run = |act: &Act| matches!(act, Act::Run { command, .. } if command.lines().any(|it| it == line));
        assert!(acts.iter().any(is_run), "{line}");
    }
}
