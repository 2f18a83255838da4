//! A Redis server.

mod cluster;
mod launch;

use std::io;
use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use rustix::process::{Pid, Signal, kill_process};

pub use self::cluster::RedisCluster;
use crate::guard::Guard;
use crate::processes::{self, wait_until};

/// How many databases a server has.
const DATABASES: u32 = 1000;

/// A Redis server of its own, empty, without a password, on a loopback port.
///
/// It keeps its data in memory only, and forgets it when it ends in whatever way, unless
/// [`start_with`](Self::start_with) is told otherwise. Tests that don't kill it can have one together
/// ([`shared`](Self::shared)), with a database each ([`create_database`](Self::create_database)).
///
/// It goes when it is dropped, and its folder with it. If the process ends without a drop — a static, a
/// SIGKILL — a small shell that holds the other end of a pipe does the same.
///
/// # Examples
/// ```no_run
/// let mut server = throwaway::Redis::start_with(&["appendonly yes", "appendfsync always"])?;
/// server.pause()?; // connections stay open, and nobody answers
/// server.resume()?;
/// server.kill()?;
/// server.restart()?; // under the same url
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Redis {
    program: PathBuf,
    folder: PathBuf,
    port: u16,
    settings: Vec<String>,
    /// `None` while the server is down.
    server: Option<Child>,
    databases: AtomicU32,
    guard: Mutex<Guard>,
}

impl Redis {
    /// An empty server.
    ///
    /// # Errors
    /// With the command that installs Redis if it is missing, and with the server's log if it does not come up within a
    /// minute.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&[])
    }

    /// The same with lines of `redis.conf`, such as `"appendonly yes"`.
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
        static SHARED: OnceLock<Result<Redis, String>> = OnceLock::new();
        let started = SHARED.get_or_init(|| Self::start().map_err(|error| error.to_string()));
        started
            .as_ref()
            .map_err(|error| io::Error::other(error.clone()))
    }

    /// Where database 0 is.
    pub fn url(&self) -> String {
        self.url_of(0)
    }

    /// Where a database is.
    pub fn url_of(&self, database: u32) -> String {
        format!("redis://127.0.0.1:{}/{database}", self.port)
    }

    /// The port, which stays the same over restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where a database is that nobody was given before; never database 0.
    ///
    /// # Errors
    /// When it is the thousandth.
    pub fn create_database(&self) -> io::Result<String> {
        let database = self.databases.fetch_add(1, Ordering::Relaxed);
        if database < DATABASES {
            Ok(self.url_of(database))
        } else {
            Err(io::Error::other("all databases were given away"))
        }
    }

    /// Ends it at once with SIGKILL, as a crash would.
    ///
    /// # Errors
    /// When it is still there after a minute.
    pub fn kill(&mut self) -> io::Result<()> {
        processes::crash(&self.folder)?;
        self.forget()
    }

    /// Ends it in peace: connections are closed, and what it was told to keep is written.
    ///
    /// # Errors
    /// When it is still there after a minute.
    pub fn stop(&mut self) -> io::Result<()> {
        let Some(server) = &mut self.server else {
            return Ok(());
        };
        kill_process(Pid::from_child(server), Signal::TERM)?;
        // One that was paused hears it only now.
        kill_process(Pid::from_child(server), Signal::CONT)?;
        wait_until("Redis does not stop", || Ok(server.try_wait()?.is_some()))?;
        self.forget()
    }

    /// Has it stand still (SIGSTOP): connections are taken and stay open, and nobody answers.
    ///
    /// # Errors
    /// When it is down.
    pub fn pause(&self) -> io::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Has it go on after a [`pause`](Self::pause).
    ///
    /// # Errors
    /// When it is down.
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Signal::CONT)
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

    fn signal(&self, signal: Signal) -> io::Result<()> {
        let server = self
            .server
            .as_ref()
            .ok_or_else(|| io::Error::other("the server is down"))?;
        Ok(kill_process(Pid::from_child(server), signal)?)
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

impl Drop for Redis {
    /// Its process here; the folder falls to the guard.
    fn drop(&mut self) {
        let _killed = self.kill();
    }
}
