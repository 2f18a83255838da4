//! A Redis server's life.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use throwaway::{Redis, RedisCluster};

use crate::processes_in;

/// Asks on a connection of its own; what does not come within `patience` is an error.
fn ask_within(server: &Redis, command: &str, patience: Duration) -> std::io::Result<String> {
    let mut connection = TcpStream::connect(("127.0.0.1", server.port()))?;
    connection.set_read_timeout(Some(patience))?;
    connection.write_all(format!("{command}\r\nQUIT\r\n").as_bytes())?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer)
}

fn ask(server: &Redis, command: &str) -> std::io::Result<String> {
    ask_within(server, command, Duration::from_secs(60))
}

fn folder_of(server: &Redis) -> PathBuf {
    let answer = ask(server, "CONFIG GET dir").unwrap();
    let folder = answer.lines().find(|line| line.starts_with('/'));
    folder.unwrap().into()
}

#[test]
fn what_is_kept_in_memory_is_gone_after_a_crash_and_what_is_appended_to_a_file_is_not() {
    for (settings, expected) in [
        (&[][..], "$-1"),
        (&["appendonly yes", "appendfsync always"][..], "$4"),
    ] {
        let mut server = Redis::start_with(settings).unwrap();
        let url = server.url();
        ask(&server, "SET word here").unwrap();
        server.kill().unwrap();
        assert!(ask(&server, "PING").is_err());
        server.restart().unwrap();
        assert_eq!(server.url(), url);
        assert!(ask(&server, "GET word").unwrap().starts_with(expected));
    }
}

#[test]
fn a_paused_server_takes_connections_and_does_not_answer_until_it_is_resumed() {
    let mut server = Redis::start().unwrap();
    server.pause().unwrap();
    assert!(ask_within(&server, "PING", Duration::from_millis(100)).is_err());
    server.resume().unwrap();
    assert!(ask(&server, "PING").unwrap().starts_with("+PONG"));
    server.pause().unwrap();
    server.stop().unwrap();
    assert!(server.pause().is_err());
}

#[test]
fn a_dropped_server_leaves_no_process_and_no_folder() {
    let server = Redis::start().unwrap();
    let folder = folder_of(&server);
    assert_eq!(processes_in(&folder), 1);
    server.pause().unwrap();
    drop(server);
    assert_eq!(processes_in(&folder), 0);
    assert!(!folder.exists());
}

#[test]
fn nobody_is_given_a_database_twice() {
    let server = Redis::shared().unwrap();
    let (one, other) = (
        server.create_database().unwrap(),
        server.create_database().unwrap(),
    );
    assert_ne!(one, other);
    assert!(one != server.url() && other != server.url());
}

#[test]
fn settings_are_taken_and_wrong_ones_explained() {
    let server = Redis::start_with(&["maxmemory 7mb"]).unwrap();
    assert!(
        ask(&server, "CONFIG GET maxmemory")
            .unwrap()
            .contains("7340032")
    );
    let error = Redis::start_with(&["no-such-setting 1"]).unwrap_err();
    assert!(error.to_string().contains("no-such-setting"), "{error}");
}

#[test]
fn the_servers_of_a_cluster_know_who_has_which_slot_and_one_that_is_restarted_comes_back() {
    let mut cluster = RedisCluster::start(3).unwrap();
    assert_eq!(cluster.urls().len(), 3);
    // 12182 is the slot of "foo": the last third.
    let [first, _, last] = cluster.servers() else {
        panic!("three servers")
    };
    assert!(ask(last, "SET foo bar").unwrap().starts_with("+OK"));
    let moved = ask(first, "GET foo").unwrap();
    let there = format!("-MOVED 12182 127.0.0.1:{}", last.port());
    assert!(moved.starts_with(&there), "{moved}");
    let last = &mut cluster.servers_mut()[2];
    last.kill().unwrap();
    last.restart().unwrap();
    let start = Instant::now();
    while !ask(last, "GET foo").unwrap().starts_with("$-1") {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(10));
    }
}
