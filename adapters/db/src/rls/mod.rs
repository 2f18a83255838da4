//! The second wall on PostgreSQL: policies of the database's own, which hold whatever a statement says.
//!
//! [`migration_sql`] makes them; `check`, on PostgreSQL, tells at boot what is missing. Start with the [guide].

#[cfg(feature = "postgres")]
pub mod check;
pub mod policies;

#[doc = include_str!("../../docs/rls.md")]
pub mod guide {}

#[cfg(feature = "postgres")]
pub use self::check::{CheckError, check};
#[cfg(feature = "postgres")]
pub use self::gap::{Gap, Part, Power, RlsGaps};
pub use self::policies::{down_sql, migration_sql};

#[cfg(feature = "postgres")]
mod gap;
