//! How a server comes up.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicU64;

use super::{Postgres, lock_file};
use crate::guard::Guard;
use crate::processes::wait_until;
use crate::user::run_as;
use crate::{folder, port, programs, user};

/// What a test needs: quick to start, and its commits reach the operating system, which outlives the server.
const SETTINGS: &[&str] = &[
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "max_connections=200",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// How many ports are tried, should others be faster to take them.
const TRIES: usize = 5;

pub(super) fn new_server(settings: &[&str]) -> io::Result<Postgres> {
    let programs = programs::postgres(&["postgres", "initdb", "createdb"])?;
    let user = user::instead_of_root(&["postgres", "nobody"])?;
    let folder = folder::make("throwaway-postgres", user)?;
    let guard = Guard::of(&folder)?;
    let mut server = Postgres {
        programs,
        folder,
        port: 0,
        settings: settings.iter().map(ToString::to_string).collect(),
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

fn initialise(server: &Postgres) -> io::Result<()> {
    let mut initdb = Command::new(server.programs.join("initdb"));
    initdb
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
        .args(["--locale=C", "--no-sync", "-D"])
        .arg(server.data())
        .current_dir(&server.folder);
    let done = run_as(&mut initdb, server.user).output()?;
    if done.status.success() {
        Ok(())
    } else {
        Err(io::Error::other(
            String::from_utf8_lossy(&done.stderr).into_owned(),
        ))
    }
}

/// Starts the server and waits until it takes queries.
pub(super) fn launch(server: &mut Postgres) -> io::Result<()> {
    let log = server.folder.join("log");
    let child = spawn(server, &log)?;
    let pid = child.id();
    server.server = Some(child);
    server.guarded(|guard| guard.watch(Some(pid)))?;
    let data = server.data();
    let up = wait_until("PostgreSQL does not come up", || {
        let ended = match &mut server.server {
            Some(child) => child.try_wait()?.is_some(),
            None => true,
        };
        if ended {
            return Err(why_it_ended(&log));
        }
        Ok(lock_file::is_ready(&data, pid))
    });
    if up.is_err() {
        server.kill()?;
    }
    up
}

fn spawn(server: &Postgres, log: &Path) -> io::Result<Child> {
    // Each start has a log of its own, or an old complaint would be taken for a new one.
    let out = File::create(log)?;
    let err = OpenOptions::new().append(true).open(log)?;
    let mut postgres = Command::new(server.programs.join("postgres"));
    postgres
        .arg("-D")
        .arg(server.data())
        .args(["-p", &server.port.to_string()])
        .current_dir(&server.folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0);
    let own = server.settings.iter().map(String::as_str);
    for setting in SETTINGS.iter().copied().chain(own) {
        postgres.args(["-c", setting]);
    }
    run_as(&mut postgres, server.user).spawn()
}

fn why_it_ended(log: &Path) -> io::Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let taken = text.contains("Address already in use");
    let kind = if taken {
        io::ErrorKind::AddrInUse
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, format!("PostgreSQL ended at once: {text}"))
}
