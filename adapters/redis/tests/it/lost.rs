//! What becomes of calls when a server loses some of its keys, or has no room for them, or has something else there.

use throwaway::Redis;
use tollgate::cluster::{Call, Reply};
use tollgate_redis::RedisOrigin;

use crate::kit::{ask, granted, one, only, origin, try_one, until_granted, wants};

const HASH: &str = "tollgate:{acme}:limits";
const MARKER: &str = "tollgate:{}:run";

/// A server that has granted a node something, and which life of it that was.
async fn granted_by(settings: &[&str]) -> (Redis, RedisOrigin, Reply) {
    let server = Redis::start_with(settings).unwrap();
    let origin = origin(&server.url());
    let before = until_granted(&origin, &wants("acme", 1, 400)).await;
    (server, origin, before)
}

/// Has the server evict all that its policy allows.
fn evict(server: &Redis) {
    ask(&server.url(), &["CONFIG", "SET", "maxmemory", "1"]);
    let mut connection = redis::Client::open(server.url())
        .unwrap()
        .get_connection()
        .unwrap();
    let refused = redis::cmd("SET").arg(&["more", "1"]).exec(&mut connection);
    assert!(refused.is_err(), "it must have tried");
    ask(&server.url(), &["CONFIG", "SET", "maxmemory", "0"]);
}

fn are_there(server: &Redis) -> [bool; 2] {
    [HASH, MARKER].map(|key| ask(&server.url(), &["EXISTS", key]) == "1")
}

/// It is another life of the store, which listens before it grants.
async fn listens(origin: &RedisOrigin, call: &Call, before: &Reply) {
    let after = one(origin, call).await;
    assert_ne!(after.run, before.run);
    assert_eq!(granted(&after), 0);
    assert_eq!(only(&after).not_before, after.now + 1_000_000);
    let again = one(origin, call).await;
    assert_eq!(again.run, after.run, "it is one life");
    until_granted(origin, call).await;
}

async fn why(origin: &RedisOrigin) -> String {
    let error = try_one(origin, &wants("acme", 2, 1)).await.unwrap_err();
    std::error::Error::source(&error).unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_alone_was_evicted_is_not_taken_for_a_new_one() {
    let (server, origin, before) = granted_by(&["maxmemory-policy volatile-lru"]).await;
    evict(&server);
    assert_eq!(are_there(&server), [false, true]);
    listens(&origin, &wants("acme", 2, 900), &before).await;
    // Which others are new can't be told any more: they are listened to as well.
    let new = one(&origin, &wants("globex", 2, 1)).await;
    assert_eq!(granted(&new), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_which_everything_was_evicted_listens() {
    let (server, origin, before) = granted_by(&["maxmemory-policy allkeys-random"]).await;
    evict(&server);
    assert_eq!(are_there(&server), [false, false]);
    listens(&origin, &wants("acme", 2, 900), &before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_its_mark_or_with_one_that_says_nothing_listens() {
    let (server, origin, before) = granted_by(&[]).await;
    ask(&server.url(), &["DEL", MARKER]);
    listens(&origin, &wants("acme", 2, 100), &before).await;
    let before = one(&origin, &wants("acme", 2, 1)).await;
    let mark = ask(&server.url(), &["GET", MARKER]);
    let marks = ["", "nonsense", &mark[..50], &format!("{mark} more")];
    for (node, nonsense) in (3..).zip(marks) {
        ask(&server.url(), &["SET", MARKER, nonsense]);
        // One that has nothing yet.
        listens(&origin, &wants("acme", node, 1), &before).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_room_says_so_grants_nothing_and_has_forgotten_nothing() {
    let (server, origin, before) = granted_by(&["maxmemory-policy noeviction"]).await;
    ask(&server.url(), &["CONFIG", "SET", "maxmemory", "1"]);
    let cause = why(&origin).await;
    assert!(
        cause.contains("OOM") || cause.contains("maxmemory"),
        "{cause}"
    );
    ask(&server.url(), &["CONFIG", "SET", "maxmemory", "0"]);
    let after = one(&origin, &wants("acme", 2, 1)).await;
    assert_eq!((after.run, granted(&after)), (before.run, 1));
    assert_eq!(only(&after).free, 1000 - granted(&before) - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tenant_of_ours_is_refused_and_left_as_it_is() {
    let (server, origin, _) = granted_by(&[]).await;
    let url = server.url();
    for (field, value) in [("l", "nonsense"), ("n", "nonsense"), ("l", "")] {
        let had = ask(&url, &["HGET", HASH, field]);
        assert!(!had.is_empty());
        ask(&url, &["COPY", HASH, "kept", "REPLACE"]);
        ask(&url, &["HSET", HASH, field, value]);
        let cause = why(&origin).await;
        assert!(cause.contains("data string too short"), "{cause}");
        assert_eq!(ask(&url, &["HGET", HASH, field]), value);
        ask(&url, &["COPY", "kept", HASH, "REPLACE"]);
    }
    one(&origin, &wants("acme", 2, 1)).await;
    ask(&url, &["DEL", MARKER]);
    ask(&url, &["SADD", MARKER, "something else"]);
    let cause = why(&origin).await;
    assert!(cause.contains("WRONGTYPE"), "{cause}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_nobody_speaks_of_goes_by_itself_when_nothing_of_it_counts() {
    let (server, _origin, _) = granted_by(&[]).await;
    let left: i64 = ask(&server.url(), &["PTTL", HASH]).parse().unwrap();
    // Ten seconds of window and one row, and ten to twenty beyond.
    assert!((19_000..=31_000).contains(&left), "{left}");
    assert_eq!(ask(&server.url(), &["PTTL", MARKER]), "-1");
}
