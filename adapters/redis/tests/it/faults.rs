//! What becomes of calls when something is wrong.

use std::time::{Duration, Instant};

use throwaway::Redis;
use tollgate::cluster::{Row, SharedOrigin};
use tollgate_redis::RedisOrigin;

use crate::kit::{
    PATIENCE, ask, granted, on_thread, one, only, origin, says, try_one, until_granted,
    until_heard, wants,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_comes_back_empty_is_another_run_takes_reports_in_and_grants_after_a_second()
{
    let mut server = Redis::start().unwrap();
    let origin = origin(&server.url());
    let before = until_granted(&origin, &wants("acme", 1, 600)).await;
    server = on_thread(move || {
        server.kill().unwrap();
        server.restart().unwrap();
        server
    })
    .await;
    let held = Row {
        epoch: only(&before).epoch,
        granted: granted(&before),
        returned: 0,
    };
    let reply = until_heard(&origin, &says("acme", 1, vec![held])).await;
    assert_ne!(reply.run, before.run);
    assert_eq!(only(&reply).rows[0], held);
    let other = one(&origin, &wants("acme", 2, 600)).await;
    assert_eq!(other.run, reply.run);
    assert_eq!(
        (granted(&other), only(&other).free),
        (0, 1000 - held.granted)
    );
    assert!(only(&other).not_before >= reply.now + 900_000);
    let later = until_granted(&origin, &wants("acme", 2, 100)).await;
    assert!(later.now >= reply.now + 1_000_000);
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_broke_is_made_anew_by_the_next_call() {
    let server = Redis::start().unwrap();
    let origin = origin(&server.url());
    until_granted(&origin, &wants("acme", 1, 1)).await;
    for _ in 0..3 {
        let url = server.url();
        ask(&url, &["CLIENT", "KILL", "TYPE", "normal"]);
        one(&origin, &wants("acme", 1, 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_server_is_another_run_and_listens() {
    let server = Redis::start().unwrap();
    let origin = origin(&server.url());
    let before = until_granted(&origin, &wants("acme", 1, 10)).await;
    ask(&server.url(), &["FLUSHALL"]);
    let after = one(&origin, &wants("acme", 1, 10)).await;
    assert_ne!(after.run, before.run);
    assert_eq!(granted(&after), 0);
    assert_eq!(only(&after).not_before, after.now + 1_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_forgotten_the_script_learns_it_again_in_the_same_call() {
    let server = Redis::start().unwrap();
    let origin = origin(&server.url());
    until_granted(&origin, &wants("acme", 1, 1)).await;
    for _ in 0..2 {
        ask(&server.url(), &["SCRIPT", "FLUSH", "SYNC"]);
        let calls: Vec<_> = (1..=5).map(|node| wants("acme", node, 1)).collect();
        for reply in origin.call(&calls).await {
            assert_eq!(granted(&reply.unwrap()), 1);
        }
    }
    let known = ask(&server.url(), &["INFO", "memory"]);
    assert!(known.contains("number_of_cached_scripts:1"), "{known}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_promoted_is_another_run_and_knows_what_it_was_sent() {
    let master = Redis::start().unwrap();
    let replica = Redis::start().unwrap();
    let there = master.port().to_string();
    ask(&replica.url(), &["REPLICAOF", "127.0.0.1", &there]);
    let (first, second) = (origin(&master.url()), origin(&replica.url()));
    let before = until_granted(&first, &wants("acme", 1, 100)).await;
    let start = Instant::now();
    while ask(&replica.url(), &["HGET", "tollgate:{acme}:limits", "v"]) != "2" {
        assert!(start.elapsed() < PATIENCE, "the replica hears nothing");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ask(&master.url(), &["WAIT", "1", "60000"]);
    let refused = try_one(&second, &wants("acme", 1, 1)).await;
    assert!(refused.is_err(), "a replica grants nothing: {refused:?}");
    let master = on_thread(move || {
        let mut master = master;
        master.kill().unwrap();
        master
    })
    .await;
    ask(&replica.url(), &["REPLICAOF", "NO", "ONE"]);
    let after = one(&second, &wants("acme", 2, 100)).await;
    assert_ne!(after.run, before.run);
    assert_eq!((granted(&after), only(&after).free), (0, 900));
    assert_eq!(only(&after).not_before, after.now + 1_000_000);
    drop(master);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_is_waited_for_as_long_as_was_said_and_found_again_when_it_goes_on() {
    let server = Redis::start().unwrap();
    let origin = RedisOrigin::builder(&server.url()).unwrap();
    let origin = origin.timeout(Duration::from_millis(100)).build();
    until_granted(&origin, &wants("acme", 1, 1)).await;
    server.pause().unwrap();
    for _ in 0..5 {
        let start = Instant::now();
        let error = try_one(&origin, &wants("acme", 1, 1)).await.unwrap_err();
        assert!(start.elapsed() >= Duration::from_millis(100));
        assert_eq!(
            error.to_string(),
            "origin: Redis did not answer within 100ms"
        );
    }
    server.resume().unwrap();
    until_heard(&origin, &wants("acme", 1, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_call_that_fails_fails_alone_and_says_why() {
    let server = Redis::start().unwrap();
    let origin = origin(&server.url());
    until_granted(&origin, &wants("acme", 1, 1)).await;
    ask(
        &server.url(),
        &["SET", "tollgate:{globex}:limits", "something else"],
    );
    let calls = ["acme", "globex", "umbrella"].map(|tenant| wants(tenant, 2, 1));
    let replies = origin.call(&calls).await;
    let error = replies[1].as_ref().unwrap_err();
    let cause = std::error::Error::source(error).unwrap().to_string();
    assert!(cause.contains("WRONGTYPE"), "{cause}");
    for at in [0, 2] {
        assert_eq!(granted(replies[at].as_ref().unwrap()), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_another_version_is_left_alone() {
    let server = Redis::start().unwrap();
    let origin = origin(&server.url());
    until_granted(&origin, &wants("acme", 1, 1)).await;
    ask(&server.url(), &["HSET", "tollgate:{acme}:limits", "v", "1"]);
    let error = try_one(&origin, &wants("acme", 1, 1)).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("another version: 1"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_tell_scripts_its_run_id_is_refused_in_words() {
    let server = Redis::start().unwrap();
    let url = server.url();
    ask(
        &url,
        &[
            "ACL", "SETUSER", "shy", "on", ">secret", "~*", "&*", "+@all", "-info",
        ],
    );
    let url = url.replace("redis://", "redis://shy:secret@");
    let error = try_one(&origin(&url), &wants("acme", 1, 1))
        .await
        .unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        cause.contains("does not tell scripts its run id"),
        "{cause}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_told_and_no_password_is_shown() {
    let server = Redis::start_with(&["requirepass open-sesame"]).unwrap();
    let at = |password: &str| {
        server
            .url()
            .replace("redis://", &format!("redis://:{password}@"))
    };
    until_granted(&origin(&at("open-sesame")), &wants("acme", 1, 1)).await;
    let wrong = origin(&at("hunter2"));
    let error = try_one(&wrong, &wants("acme", 1, 1)).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert!(
        cause.to_string().to_lowercase().contains("password"),
        "{cause}"
    );
    let builder = RedisOrigin::builder(&at("hunter2")).unwrap();
    let cluster = RedisOrigin::cluster([&*at("hunter2")]).unwrap();
    let bad = RedisOrigin::builder("redis://:hunter2@ho st:99999/x").unwrap_err();
    let shown = format!("{wrong:?} {builder:?} {cluster:?}");
    for text in [
        format!("{error} {error:?} {cause} {cause:?}"),
        format!("{shown} {:?}", cluster.build()),
        format!("{bad} {bad:?}"),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
    let none = try_one(&origin(&server.url()), &wants("acme", 1, 1)).await;
    let none = none.unwrap_err();
    let cause = std::error::Error::source(&none).unwrap().to_string();
    // NOAUTH is what it says to short commands.
    assert!(cause.contains("unauthenticated"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_only_what_the_guide_names_is_served() {
    let server = Redis::start().unwrap();
    let guide = include_str!("../../docs/guide.md");
    let rule = guide.lines().find(|line| line.starts_with("ACL SETUSER"));
    let words: Vec<_> = rule.unwrap().split_whitespace().collect();
    ask(&server.url(), &words);
    let url = server.url().replace("redis://", "redis://tollgate:secret@");
    let origin = origin(&url);
    until_granted(&origin, &wants("acme", 1, 1)).await;
    ask(&server.url(), &["SCRIPT", "FLUSH", "SYNC"]);
    one(&origin, &wants("acme", 2, 1)).await;
}
