//! What a statement may call and cast to: functions and types that read no table and change no setting.
//!
//! Left out on purpose, beside whatever runs SQL: what tells of the session, since a pool lends one session to many
//! tenants (`last_insert_rowid`, `lastval`, `last_insert_id`, `changes`), and sequences, which all tenants share.

pub(crate) mod functions;
mod mysql;
mod postgresql;
mod sqlite;
pub(crate) mod types;
