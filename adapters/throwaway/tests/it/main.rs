//! What a test may rely on when it starts a server, kills it, and lets go of it.
#![cfg(test)]

mod mariadb;
mod pgbouncer;
mod postgres;
mod redis;

/// The processes that work in a server's folder, those that were killed and not yet reaped left out.
fn processes_in(folder: &std::path::PathBuf) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap();
    let cwd = |entry: std::fs::DirEntry| std::fs::read_link(entry.path().join("cwd")).ok();
    entries
        .filter_map(|entry| cwd(entry.unwrap()))
        .filter(|cwd| cwd == folder)
        .count()
}
