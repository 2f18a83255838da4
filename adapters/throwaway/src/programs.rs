//! Where a server's programs are.

use std::io;
use std::path::{Path, PathBuf};

/// The folder that holds all of `programs`: the newest of `/usr/lib/postgresql/*/bin`, where Debian keeps them, or one
/// of PATH.
pub(crate) fn postgres(programs: &[&str]) -> io::Result<PathBuf> {
    let holds_all = |folder: &PathBuf| programs.iter().all(|name| folder.join(name).is_file());
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian(Path::new("/usr/lib/postgresql"))
        .into_iter()
        .chain(std::env::split_paths(&path))
        .find(holds_all)
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("{programs:?} are not here: apt-get install postgresql"),
            )
        })
}

/// pgbouncer, which Debian keeps in a folder that is not in everybody's PATH.
pub(crate) fn pgbouncer() -> io::Result<PathBuf> {
    one("pgbouncer", "apt-get install pgbouncer")
}

/// The programs of MariaDB.
#[derive(Debug)]
pub(crate) struct MariaDbPrograms {
    pub(crate) server: PathBuf,
    pub(crate) client: PathBuf,
    /// Makes the tables that a server has from the start.
    pub(crate) install: PathBuf,
}

pub(crate) fn mariadb() -> io::Result<MariaDbPrograms> {
    let find = |program| one(program, "apt-get install mariadb-server");
    Ok(MariaDbPrograms {
        server: find("mariadbd")?,
        client: find("mariadb")?,
        install: find("mariadb-install-db")?,
    })
}

pub(crate) fn chromium() -> io::Result<PathBuf> {
    one("chromium", "apt-get install chromium")
}

pub(crate) fn chromedriver() -> io::Result<PathBuf> {
    one("chromedriver", "apt-get install chromium-driver")
}

pub(crate) fn redis() -> io::Result<PathBuf> {
    one("redis-server", "apt install redis-server")
}

/// A program that is in one of the folders of PATH, or where the system's own are.
fn one(program: &str, install: &str) -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/sbin")])
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::NotFound,
                format!("{program} is not here: {install}"),
            )
        })
}

/// The newest version first.
fn debian(root: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<u32> = std::fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    versions.sort_unstable();
    let bin = |version: &u32| root.join(version.to_string()).join("bin");
    versions.iter().rev().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        let error = postgres(&["no-such-program"]).unwrap_err().to_string();
        assert!(error.contains("no-such-program"), "{error}");
        assert!(error.contains("apt-get install postgresql"), "{error}");
        let error = one("no-such-program", "apt install it").unwrap_err();
        assert!(error.to_string().contains("apt install it"), "{error}");
        assert!(one("sh", "").is_ok());
    }
}
