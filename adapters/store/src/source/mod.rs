//! A config source over a database: cached, kept up to date, and of use while the database is not.

pub(crate) mod cached;
pub(crate) mod health;
pub(crate) mod shared;
#[cfg(test)]
mod tests;
