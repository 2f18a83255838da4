//! How a server comes up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::MariaDb;
use crate::guard::Guard;
use crate::processes::wait_until;
use crate::user::run_as;
use crate::{folder, port, programs, user};

/// What a test needs: quick to start, and little memory.
const SETTINGS: &[&str] = &[
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--skip-log-bin",
    "--innodb-buffer-pool-size=32M",
    "--innodb-log-file-size=8M",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--performance-schema=OFF",
    "--character-set-server=utf8mb4",
    "--default-time-zone=+00:00",
];

/// How many ports are tried, should others be faster to take them.
const TRIES: usize = 5;

pub(super) fn new_server() -> io::Result<MariaDb> {
    let programs = programs::mariadb()?;
    let user = user::instead_of_root(&["mysql", "nobody"])?;
    let folder = folder::make("throwaway-mariadb", user)?;
    let guard = Guard::of(&folder)?;
    let mut server = MariaDb {
        programs,
        folder,
        port: 0,
        user,
        server: None,
        databases: AtomicU64::new(0),
        guard: Mutex::new(guard),
    };
    initialise(&server)?;
    let mut tries = 1;
    loop {
        server.port = port::free()?;
        match launch(&mut server) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < TRIES => tries += 1,
            done => return done.map(|()| server),
        }
    }
}

fn initialise(server: &MariaDb) -> io::Result<()> {
    let mut install = Command::new(&server.programs.install);
    install
        .args(["--no-defaults", "--auth-root-authentication-method=normal"])
        .args(["--skip-test-db", "--skip-name-resolve"])
        .arg(format!("--datadir={}", server.data().display()))
        .arg(tmpdir(server))
        .current_dir(&server.folder);
    let done = run_as(&mut install, server.user).output()?;
    if done.status.success() {
        return Ok(());
    }
    // It says some of it here and some of it there.
    let said = [done.stdout, done.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Err(io::Error::other(said))
}

/// Two servers with one folder for their temporary tables remove each other's.
fn tmpdir(server: &MariaDb) -> String {
    format!("--tmpdir={}", server.folder.display())
}

/// Starts the server and waits until it takes connections.
fn launch(server: &mut MariaDb) -> io::Result<()> {
    let log = server.folder.join("log");
    let child = spawn(server, &log)?;
    let pid = child.id();
    server.server = Some(child);
    server.guarded(|guard| guard.watch(Some(pid)))?;
    let port = server.port;
    let up = wait_until("MariaDB does not come up", || {
        let ended = match &mut server.server {
            Some(child) => child.try_wait()?.is_some(),
            None => true,
        };
        if ended {
            return Err(why_it_ended(&log));
        }
        Ok(is_ready(port))
    });
    if up.is_err() {
        server.kill()?;
    }
    up
}

fn spawn(server: &MariaDb, log: &Path) -> io::Result<Child> {
    // Each start has a log of its own, or an old complaint would be taken for a new one.
    let out = File::create(log)?;
    let err = OpenOptions::new().append(true).open(log)?;
    let mut mariadb = Command::new(&server.programs.server);
    mariadb
        .arg("--no-defaults")
        .arg(format!("--datadir={}", server.data().display()))
        .arg(format!(
            "--socket={}",
            server.folder.join("socket").display()
        ))
        .arg(format!(
            "--pid-file={}",
            server.folder.join("pid").display()
        ))
        .arg(tmpdir(server))
        .arg(format!("--port={}", server.port))
        .args(SETTINGS)
        .current_dir(server.data())
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0);
    run_as(&mut mariadb, server.user).spawn()
}

/// Whether it greets: four bytes of length and number, then the version of the protocol.
fn is_ready(port: u16) -> bool {
    let greeting = || -> io::Result<bool> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut greeting = [0; 5];
        connection.read_exact(&mut greeting)?;
        Ok(matches!(greeting, [_, _, _, _, 10]))
    };
    greeting().unwrap_or(false)
}

fn why_it_ended(log: &Path) -> io::Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let taken = text.contains("Address already in use");
    let kind = if taken {
        io::ErrorKind::AddrInUse
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, format!("MariaDB ended at once: {text}"))
}
