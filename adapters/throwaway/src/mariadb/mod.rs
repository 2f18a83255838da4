//! A MariaDB server.

mod launch;

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::guard::Guard;
use crate::processes;
use crate::programs::MariaDbPrograms;

/// A MariaDB server of its own, empty, for the user `root` without a password, on a loopback port.
///
/// It takes a few seconds to come up; tests can have one together ([`shared`](Self::shared)), with a database each
/// ([`create_database`](Self::create_database)). Options that the machine has for its own servers are not read.
///
/// It goes when it is dropped, and its folder with it. If the process ends without a drop — a static, a
/// SIGKILL — a small shell that holds the other end of a pipe does the same.
///
/// # Examples
/// ```no_run
/// let server = throwaway::MariaDb::start()?;
/// let url = server.create_database()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct MariaDb {
    programs: MariaDbPrograms,
    folder: PathBuf,
    port: u16,
    user: Option<crate::user::User>,
    /// `None` while the server is down.
    server: Option<Child>,
    databases: AtomicU64,
    guard: Mutex<Guard>,
}

impl MariaDb {
    /// An empty server.
    ///
    /// # Errors
    /// With the command that installs MariaDB if it is missing, and with the server's log if it does not come up within
    /// a minute.
    pub fn start() -> io::Result<Self> {
        launch::new_server()
    }

    /// The server that all who call this in one process have together.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared() -> io::Result<&'static Self> {
        static SHARED: OnceLock<Result<MariaDb, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Self::start().map_err(|error| error.to_string()));
        started
            .as_ref()
            .map_err(|error| io::Error::other(error.clone()))
    }

    /// Where a database is, whether or not there is one of that name.
    pub fn url_of(&self, database: &str) -> String {
        format!("mysql://root@127.0.0.1:{}/{database}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes an empty database under a new name, and says where it is.
    ///
    /// # Errors
    /// With what the server says.
    pub fn create_database(&self) -> io::Result<String> {
        let name = format!("db{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(&self.programs.client)
            .args(["--no-defaults", "-h", "127.0.0.1", "-u", "root", "-P"])
            .args([&self.port.to_string(), "-e"])
            .arg(format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"))
            .output()?;
        if made.status.success() {
            Ok(self.url_of(&name))
        } else {
            let error = String::from_utf8_lossy(&made.stderr).into_owned();
            Err(io::Error::other(error))
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Ends it at once with SIGKILL: nobody reads its data again.
    fn kill(&mut self) -> io::Result<()> {
        processes::crash(&self.data())?;
        if let Some(mut server) = self.server.take() {
            server.wait()?;
        }
        self.guarded(|guard| guard.watch(None))
    }

    fn guarded(&self, act: impl FnOnce(&mut Guard) -> io::Result<()>) -> io::Result<()> {
        act(&mut self.guard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for MariaDb {
    /// Its process here; the folder falls to the guard.
    fn drop(&mut self) {
        let _killed = self.kill();
    }
}
