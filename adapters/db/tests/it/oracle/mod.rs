//! The rewritten statement on everybody's database does what the original does on a database of the tenant's own.
//!
//! A generator writes statements as if there were one tenant. Each is run as written on a database that holds only one
//! tenant's rows, and rewritten on the database that holds all; both must give the same rows, leave the tenant the same
//! rows, and leave those of others as they were. `TOLLGATE_ORACLE_SEED` and `TOLLGATE_ORACLE_STATEMENTS` run others.

mod database;
mod ddl;
mod dialect;
mod dice;
mod grammar;
mod judge;
mod names;
mod run;
mod shrink;
mod statement;
mod tally;
mod trial;
mod world;

#[cfg(feature = "postgres")]
mod on_postgres;
#[cfg(feature = "sqlite")]
mod on_sqlite;
