//! A pgbouncer before a PostgreSQL server.

use std::fmt::Write;
use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::guard::Guard;
use crate::processes::wait_until;
use crate::user::{self, User, run_as};
use crate::{Postgres, folder, port, programs};

/// How many ports are tried, should others be faster to take them.
const TRIES: usize = 5;

/// A pgbouncer of its own before a server, in transaction mode: consecutive transactions of one connection to the server
/// belong to whoever comes next.
///
/// It listens on a loopback port, and asks nobody for a password. It goes when it is dropped, and its folder with it,
/// also if the process ends without a drop.
///
/// # Examples
/// ```no_run
/// use throwaway::{PgBouncer, Postgres};
///
/// let server = Postgres::start()?;
/// // Whatever many clients do, they do it over one connection to the server.
/// let bouncer = PgBouncer::before(&server, &["app"], &["default_pool_size=1"])?;
/// let url = bouncer.url_of("app", "postgres");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    process: Child,
    /// Dropped after the process has gone: it removes the folder.
    _guard: Guard,
}

impl PgBouncer {
    /// A pgbouncer before `server`, for these roles, with settings of `pgbouncer.ini`, such as `"default_pool_size=1"`.
    ///
    /// # Errors
    /// With the command that installs pgbouncer if it is missing, and with its log if it does not come up.
    pub fn before(server: &Postgres, roles: &[&str], settings: &[&str]) -> io::Result<Self> {
        let program = programs::pgbouncer()?;
        let user = user::instead_of_root(&["postgres", "nobody"])?;
        let mut tries = 1;
        loop {
            let folder = folder::make("throwaway-pgbouncer", user)?;
            let mut guard = Guard::of(&folder)?;
            let port = port::free()?;
            let config = config(server, port, &folder, settings);
            write_for(user, &folder.join("pgbouncer.ini"), &config)?;
            write_for(user, &folder.join("users"), &users(roles))?;
            let mut process = spawn(&program, &folder, user)?;
            guard.watch(Some(process.id()))?;
            match wait_for(&mut process, port, &folder) {
                Ok(()) => {
                    return Ok(Self {
                        port,
                        process,
                        _guard: guard,
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < TRIES => {
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Where a database of the server is for a role, by way of this.
    pub fn url_of(&self, role: &str, database: &str) -> String {
        format!("postgres://{role}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let ended = kill_process(Pid::from_child(&self.process), Signal::TERM)
            .map_err(io::Error::from)
            .and_then(|()| {
                wait_until("pgbouncer does not stop", || {
                    Ok(self.process.try_wait()?.is_some())
                })
            });
        if ended.is_err() {
            let _killed = self.process.kill();
            let _status = self.process.wait();
        }
    }
}

fn config(server: &Postgres, port: u16, folder: &Path, settings: &[&str]) -> String {
    let server = server.port();
    let mut text = format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\n\
         listen_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\nauth_type=trust\nauth_file={}\n\
         pool_mode=transaction\nignore_startup_parameters=extra_float_digits\n",
        folder.join("users").display()
    );
    for setting in settings {
        text.push_str(setting);
        text.push('\n');
    }
    text
}

fn users(roles: &[&str]) -> String {
    let mut text = String::new();
    for role in roles {
        let role = role.replace('"', "\"\"");
        let _infallible = writeln!(text, "\"{role}\" \"\"");
    }
    text
}

fn write_for(user: Option<User>, file: &Path, text: &str) -> io::Result<()> {
    std::fs::write(file, text)?;
    match user {
        Some(User { uid, gid }) => chown(file, Some(uid), Some(gid)),
        None => Ok(()),
    }
}

fn spawn(program: &Path, folder: &Path, user: Option<User>) -> io::Result<Child> {
    let log = File::create(folder.join("log"))?;
    let mut command = Command::new(program);
    command
        .arg(folder.join("pgbouncer.ini"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0);
    run_as(&mut command, user).spawn()
}

/// Until it takes connections, by its own word: for a moment somebody else may listen on its port, such as a process that
/// another test forks while [`port::free`] tries it.
fn wait_for(process: &mut Child, port: u16, folder: &Path) -> io::Result<()> {
    let log = folder.join("log");
    wait_until("pgbouncer does not come up", || {
        if process.try_wait()?.is_some() {
            return Err(why_it_ended(&log));
        }
        let is_up = std::fs::read_to_string(&log)?.contains("process up: ");
        Ok(is_up && TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())
    })
}

fn why_it_ended(log: &Path) -> io::Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let taken = text.contains("Address already in use");
    let kind = if taken {
        io::ErrorKind::AddrInUse
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, format!("pgbouncer ended at once: {text}"))
}
