//! Who runs a server that refuses to be run by root.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// An account of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// `None` unless this process is root's; then the first of `names` that there is.
pub(crate) fn instead_of_root(names: &[&str]) -> io::Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = std::fs::read_to_string("/etc/passwd")?;
    let found = names.iter().find_map(|name| lookup(&accounts, name));
    found.map(Some).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("the server can't run as root, and none of {names:?} is in /etc/passwd"),
        )
    })
}

fn lookup(accounts: &str, name: &str) -> Option<User> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let named = fields.next() == Some(name);
        let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
        named.then_some(User { uid, gid })
    })
}

/// Has the command run as `user`, if there is one.
pub(crate) fn run_as(command: &mut Command, user: Option<User>) -> &mut Command {
    if let Some(User { uid, gid }) = user {
        command.uid(uid).gid(gid);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nnobody2:x:7:8:::\nnobody:x:65534:65533:n:/:/bin/false\n";
        let user = lookup(accounts, "nobody").unwrap();
        assert_eq!((user.uid, user.gid), (65534, 65533));
        assert!(lookup(accounts, "nob").is_none());
    }
}
