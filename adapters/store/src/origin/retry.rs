//! Which failures pass if one asks again, and how long to wait before.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use sqlx::Error;

/// Serialization failure, deadlock, a lock that was not had in time: what PostgreSQL takes back for another's sake.
const POSTGRES: [&str; 3] = ["40001", "40P01", "55P03"];

/// `SQLITE_BUSY` and `SQLITE_LOCKED`: the low byte of what SQLite says while another writes.
const SQLITE: [u32; 2] = [5, 6];

/// Whether the database was only in another's hands. What is asked again must do no harm when it is done twice.
pub(super) fn worthwhile(error: &Error) -> bool {
    let Some(code) = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
    else {
        return false;
    };
    // PostgreSQL's codes have five characters, SQLite's are numbers of up to four.
    let number = (code.len() < 5).then(|| code.parse::<u32>().ok());
    POSTGRES.contains(&&*code)
        || number
            .flatten()
            .is_some_and(|n| SQLITE.contains(&(n & 0xff)))
}

/// How long to wait before the next attempt: twice as long each time, up to 64 ms, and a random part of that, so that
/// those who collided don't meet again.
pub(super) fn pause(attempt: u32) -> Duration {
    let most = 1000_u64 << attempt.min(6);
    Duration::from_micros(RandomState::new().hash_one(attempt) % most)
}
