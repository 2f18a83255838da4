//! How a server comes up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use super::{DATABASES, Redis};
use crate::guard::Guard;
use crate::processes::wait_until;
use crate::{folder, port, programs};

/// How many ports are tried, should others be faster to take them.
const TRIES: usize = 5;

pub(super) fn new_server(settings: &[&str]) -> io::Result<Redis> {
    let program = programs::redis()?;
    let folder = folder::make("throwaway-redis", None)?;
    let guard = Guard::of(&folder)?;
    let mut server = Redis {
        program,
        folder,
        port: 0,
        settings: settings.iter().map(ToString::to_string).collect(),
        server: None,
        databases: AtomicU32::new(1),
        guard: Mutex::new(guard),
    };
    let mut tries = 1;
    loop {
        server.port = port::free()?;
        match launch(&mut server) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries < TRIES => tries += 1,
            done => return done.map(|()| server),
        }
    }
}

/// Starts the server and waits until it takes commands.
pub(super) fn launch(server: &mut Redis) -> io::Result<()> {
    let config = server.folder.join("redis.conf");
    std::fs::write(&config, conf(server))?;
    let log = server.folder.join("log");
    let child = spawn(server, &config, &log)?;
    let pid = child.id();
    server.server = Some(child);
    server.guarded(|guard| guard.watch(Some(pid)))?;
    let port = server.port;
    let up = wait_until("Redis does not come up", || {
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

/// The settings of the test come last, and win.
fn conf(server: &Redis) -> String {
    let mut lines = vec![
        "bind 127.0.0.1".to_owned(),
        format!("port {}", server.port),
        format!("dir {}", server.folder.display()),
        format!("databases {DATABASES}"),
        "save \"\"".to_owned(),
        "daemonize no".to_owned(),
    ];
    lines.extend(server.settings.iter().cloned());
    lines.join("\n") + "\n"
}

fn spawn(server: &Redis, config: &Path, log: &Path) -> io::Result<Child> {
    // Each start has a log of its own, or an old complaint would be taken for a new one.
    let out = File::create(log)?;
    let err = OpenOptions::new().append(true).open(log)?;
    Command::new(&server.program)
        .arg(config)
        .current_dir(&server.folder)
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .process_group(0)
        .spawn()
}

/// Whether it answers. One that still loads its data says so instead.
fn is_ready(port: u16) -> bool {
    let ask = || -> io::Result<bool> {
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        connection.set_read_timeout(Some(Duration::from_secs(5)))?;
        connection.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        connection.read_exact(&mut answer)?;
        // With a password it is up as well, and says that it wants one.
        Ok(&answer == b"+PONG" || &answer == b"-NOAU")
    };
    ask().unwrap_or(false)
}

fn why_it_ended(log: &Path) -> io::Error {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let taken = text.contains("Address already in use");
    let kind = if taken {
        io::ErrorKind::AddrInUse
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, format!("Redis ended at once: {text}"))
}
