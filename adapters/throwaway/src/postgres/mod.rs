//! A PostgreSQL server.

mod launch;
mod lock_file;

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

use crate::guard::Guard;
use crate::processes::{self, wait_until};

/// A PostgreSQL server of its own, empty, for the superuser `postgres` without a password, on a loopback port.
///
/// It takes a second or two to come up; tests that don't kill it can have one together ([`shared`](Self::shared)), with
/// a database each ([`create_database`](Self::create_database)).
///
/// It goes when it is dropped, and its folder with it. If the process ends without a drop — a static, a
/// SIGKILL — a small shell that holds the other end of a pipe does the same.
///
/// What was committed survives [`kill`](Self::kill), though not a crash of the machine: `fsync` is off unless
/// [`start_with`](Self::start_with) is told otherwise.
///
/// # Examples
/// ```no_run
/// let mut server = throwaway::Postgres::start()?;
/// let url = server.create_database()?;
/// server.kill()?;
/// server.restart()?; // under the same url, with the same data
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    user: Option<crate::user::User>,
    /// `None` while the server is down.
    server: Option<Child>,
    databases: AtomicU64,
    guard: Mutex<Guard>,
}

impl Postgres {
    /// A server with an empty database.
    ///
    /// # Errors
    /// With the command that installs PostgreSQL if it is missing, and with the end of the server's log if it
    /// does not come up within a minute.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// The same with settings of `postgresql.conf`, such as `"fsync=on"`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_with(settings: &[&str]) -> io::Result<Self> {
        launch::new_server(settings)
    }

    /// The server that all who call this in one process have together. Nobody can kill it.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn shared() -> io::Result<&'static Self> {
        static SHARED: OnceLock<Result<Postgres, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Self::start().map_err(|error| error.to_string()));
        started
            .as_ref()
            .map_err(|error| io::Error::other(error.clone()))
    }

    /// Where the database `postgres` is.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// Where a database is, whether or not there is one of that name.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The port, which stays the same over restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Makes an empty database under a new name, and says where it is.
    ///
    /// # Errors
    /// With what `createdb` says.
    pub fn create_database(&self) -> io::Result<String> {
        let name = format!("db{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let made = Command::new(self.programs.join("createdb"))
            .args(["-h", "127.0.0.1", "-U", "postgres", "-T", "template0"])
            .args(["-p", &self.port.to_string(), &name])
            .output()?;
        if made.status.success() {
            Ok(self.url_of(&name))
        } else {
            Err(io::Error::other(
                String::from_utf8_lossy(&made.stderr).into_owned(),
            ))
        }
    }

    /// Ends all of its processes at once with SIGKILL, as a crash would.
    ///
    /// # Errors
    /// When a process is still there after a minute.
    pub fn kill(&mut self) -> io::Result<()> {
        processes::crash(&self.data())?;
        self.forget()
    }

    /// Ends it in peace: open transactions are rolled back, connections closed, all data written.
    ///
    /// # Errors
    /// When it is still there after a minute.
    pub fn stop(&mut self) -> io::Result<()> {
        self.end_by(Signal::INT)
    }

    /// Starts it again, after a [`kill`](Self::kill) or a [`stop`](Self::stop), where it was; what runs is stopped
    /// first.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn restart(&mut self) -> io::Result<()> {
        self.stop()?;
        launch::launch(self)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn end_by(&mut self, signal: Signal) -> io::Result<()> {
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        kill_process(Pid::from_child(server), signal)?;
        wait_until("PostgreSQL does not stop", || {
            Ok(server.try_wait()?.is_some())
        })?;
        self.forget()
    }

    /// Takes note that the server is no more.
    fn forget(&mut self) -> io::Result<()> {
        if let Some(mut server) = self.server.take() {
            server.wait()?;
        }
        self.guarded(|guard| guard.watch(None))
    }

    fn guarded(&self, act: impl FnOnce(&mut Guard) -> io::Result<()>) -> io::Result<()> {
        act(&mut self.guard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Postgres {
    /// Its processes here, by the signal that has it tidy up in the kernel and write nothing; the folder falls to the
    /// guard.
    fn drop(&mut self) {
        if self.server.is_none() {
            lock_file::release_memory(&self.data());
        }
        if self.end_by(Signal::QUIT).is_err() {
            let _killed = self.kill();
        }
    }
}
