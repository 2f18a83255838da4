//! The second wall: it holds, and the check at boot finds every hole in it.

mod gaps;
mod hold;
mod kit;
mod pgbouncer;
mod random;
mod tenant_db;
mod types;
