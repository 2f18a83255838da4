//! What the tests share.

use std::time::{Duration, Instant};

use tollgate::cluster::{Answer, Ask, Call, Reply, Row, Shape, SharedOrigin, Want, When};
use tollgate::{Dimension, OriginError};
use tollgate_redis::RedisOrigin;

/// As long as the machine may be busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A window of ten seconds in a hundred rows.
pub(crate) const SLIDING: Shape = Shape::Sliding {
    step: 100_100,
    rows: 101,
};

pub(crate) fn origin(url: &str) -> RedisOrigin {
    RedisOrigin::builder(url).unwrap().timeout(PATIENCE).build()
}

/// A node that wants so much, of a thousand.
pub(crate) fn wants(tenant: &str, node: u64, most: u64) -> Call {
    let want = Want {
        when: When::Now,
        known: 0,
        need: 0,
        most,
    };
    let ask = Ask {
        limit: "api".into(),
        dimension: Dimension::Requests,
        generation: 1,
        shape: SLIDING,
        capacity: 1000,
        rows: vec![],
        want: Some(want),
    };
    Call {
        tenant: tenant.parse().unwrap(),
        node,
        heartbeat: Duration::from_millis(400),
        asks: vec![ask],
    }
}

/// A node that only says what it has.
pub(crate) fn says(tenant: &str, node: u64, rows: Vec<Row>) -> Call {
    let mut call = wants(tenant, node, 0);
    call.asks[0].want = None;
    call.asks[0].rows = rows;
    call
}

pub(crate) async fn try_one(origin: &RedisOrigin, call: &Call) -> Result<Reply, OriginError> {
    let mut replies = origin.call(std::slice::from_ref(call)).await;
    assert_eq!(replies.len(), 1);
    replies.remove(0)
}

pub(crate) async fn one(origin: &RedisOrigin, call: &Call) -> Reply {
    try_one(origin, call).await.unwrap()
}

pub(crate) fn only(reply: &Reply) -> &Answer {
    assert_eq!(reply.answers.len(), 1);
    &reply.answers[0]
}

/// What the reply's own row says was granted.
pub(crate) fn granted(reply: &Reply) -> u64 {
    let answer = only(reply);
    let row = answer.rows.iter().find(|row| row.epoch == answer.epoch);
    row.map_or(0, |row| row.granted)
}

/// Asks until the store no longer only listens.
pub(crate) async fn until_granted(origin: &RedisOrigin, call: &Call) -> Reply {
    let start = Instant::now();
    loop {
        if let Ok(reply) = try_one(origin, call).await
            && granted(&reply) > 0
        {
            return reply;
        }
        assert!(start.elapsed() < PATIENCE, "it never grants");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Asks until the store answers at all.
pub(crate) async fn until_heard(origin: &RedisOrigin, call: &Call) -> Reply {
    let start = Instant::now();
    loop {
        match try_one(origin, call).await {
            Ok(reply) => return reply,
            Err(error) => assert!(start.elapsed() < PATIENCE, "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What the server says to a command, as a text.
pub(crate) fn ask(url: &str, words: &[&str]) -> String {
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    let said: redis::Value = redis::Cmd::new().arg(words).query(&mut connection).unwrap();
    redis::from_redis_value_ref(&said).unwrap_or_else(|_| format!("{said:?}"))
}

/// Servers are started and killed by waiting, which the tests' own tasks should not.
pub(crate) async fn on_thread<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(act).await.unwrap()
}
