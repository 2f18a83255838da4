//! A port that a server can keep.

use std::io;
use std::net::{Ipv4Addr, TcpListener};

use crate::folder::random;

/// Below the range that outgoing connections get theirs from: there, while a server is down, a client that tries to
/// reconnect could be given the very port it calls, and be connected with itself.
const FIRST: u16 = 12_000;
const COUNT: u16 = 20_000;

/// A loopback port that nobody listens on now. Somebody else may be faster; then the server says so, and a
/// new port must be tried.
pub(crate) fn free() -> io::Result<u16> {
    for _ in 0..100 {
        let offset = u16::try_from(random() % u64::from(COUNT)).unwrap_or(0);
        let port = FIRST.saturating_add(offset);
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        "100 ports, drawn at random, were all taken",
    ))
}
