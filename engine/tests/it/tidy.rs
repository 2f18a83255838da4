//! The shape of the engine's own sources: one shim, one direction, a page for every module.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file of the engine, as its path below `src` and its text.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push((below(&root, &path), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort_unstable();
    assert!(files.len() > 30, "the sources are where this test looks");
    files
}

fn below(root: &Path, path: &Path) -> String {
    let parts: PathBuf = path.strip_prefix(root).unwrap().to_path_buf();
    parts.to_str().unwrap().replace('\\', "/")
}

/// The lines of code above the tests, comments left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate();
    let lines =
        lines.take_while(|(_, line)| !(line.starts_with("#[cfg(") && line.contains("test")));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

fn find(forbidden: &[&str], may: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in code(&text) {
            if !may(&path) && forbidden.iter().any(|word| line.contains(word)) {
                found.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    found
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs")
}

#[test]
fn nothing_outside_the_shim_names_atomics_locks_or_loom() {
    let forbidden = [
        "std::sync::atomic",
        "std::sync::Mutex",
        "std::sync::RwLock",
        "std::sync::{",
        "core::sync",
        "parking_lot",
        "arc_swap",
        "loom::",
    ];
    // The manual clock is the test's hand and not the engine's protocol: its page says so.
    let found = find(&forbidden, |path| {
        path.starts_with("sync/") || path == "clock/manual.rs" || is_test(path)
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_synchronous_core_knows_no_runtime() {
    let may = [
        "waiters.rs",
        "exchanges.rs",
        "events.rs",
        "engine/builder.rs",
        "sync/native_wait.rs",
    ];
    let found = find(&["tokio::"], |path| {
        path.starts_with("actor/") || may.contains(&path) || is_test(path)
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn time_is_read_in_one_file() {
    let found = find(
        &["Instant::now()", "SystemTime::now", "clock_gettime("],
        |path| path == "clock/system.rs" || is_test(path),
    );
    let of_tokio = [
        "waiters.rs",
        "exchanges.rs",
        "actor/supervisor.rs",
        "actor/leaser.rs",
        "actor/caller.rs",
    ];
    let found: Vec<_> = found
        .iter()
        .filter(|line| !of_tokio.iter().any(|path| line.starts_with(path)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_core_knows_nothing_of_what_stands_on_it() {
    let core = [
        "meter/",
        "ledger.rs",
        "admission.rs",
        "lease_word.rs",
        "deny_word.rs",
        "plan.rs",
        "cost.rs",
    ];
    let above = [
        "crate::engine",
        "crate::actor",
        "crate::tenant::",
        "crate::state",
        "crate::source",
        "crate::directory",
    ];
    let found = find(&above, |path| {
        !core.iter().any(|core| path.starts_with(core))
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_begins_with_what_it_is_for() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path}");
    }
}

#[test]
fn no_file_is_long() {
    // Tables and tests of one matter may be; anything else is two files that nobody has told apart.
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| !path.starts_with("config/") && !is_test(path))
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(path, _)| path)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
