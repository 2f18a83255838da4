//! Database servers, and a browser, for one test: started, and gone when they are dropped.
//!
//! A server lives in a folder of its own under the temporary folder, on a loopback port of its own, beside whatever
//! the machine runs. Nothing of it outlives the test, not even if the test is killed: see [`Postgres`] and [`Redis`].
//!
//! Linux only, since the processes of a server are found in `/proc`.

mod browser;
mod folder;
mod guard;
mod mariadb;
mod pgbouncer;
mod port;
mod postgres;
mod processes;
mod programs;
mod redis;
mod user;

pub use browser::Browser;
pub use mariadb::MariaDb;
pub use pgbouncer::PgBouncer;
pub use postgres::Postgres;
pub use redis::{Redis, RedisCluster};
