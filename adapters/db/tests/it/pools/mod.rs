//! Statements, transactions and streams of several tenants on one database.

#[macro_use]
mod promises;
#[macro_use]
mod transactions;

#[cfg(feature = "postgres")]
mod cancelled;
#[cfg(feature = "mysql")]
mod mysql;
#[cfg(feature = "postgres")]
mod pooler;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "postgres")]
mod round_trips;
#[cfg(feature = "postgres")]
mod row_level_security;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use tollgate::TenantId;
use tollgate_db::Schema;

/// What the tests' database holds: each tenant has the rows `<tenant>-0` to `<tenant>-2`.
const TENANTS: [&str; 2] = ["acme", "globex"];

fn schema() -> Schema {
    Schema::new().scoped("resources")
}

fn tenant(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

/// Asks a future for its answer `times` times, each time when there is news, and then drops it if it has none.
async fn drop_after<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut asked = 0;
    poll_fn(|context| {
        if asked == times {
            return Poll::Ready(None);
        }
        asked += 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if asked == times => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
