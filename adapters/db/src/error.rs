//! What can go wrong between a statement and its rows.

use sqlx::error::{BoxDynError, ErrorKind};

use crate::Refused;

/// Why a statement, or a transaction, did not succeed.
///
/// The predicates tell what to do about it; [`source`](std::error::Error::source) has the driver's own words.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The statement is not known to be safe. The database has not seen it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The statement has more places for values than values were bound, or fewer. The database has not seen it.
    #[error("values bound: {given}, places in the statement: {wanted}")]
    Binds {
        /// How many values were bound.
        given: usize,
        /// How many the statement has places for, without the tenant's id.
        wanted: usize,
    },
    /// A value can't be sent to the database. The database has not seen the statement.
    #[error("value {number}: can't be encoded")]
    Value {
        /// Which one, from 1.
        number: usize,
        /// What its type said.
        source: BoxDynError,
    },
    /// The database, or the way to it, failed; or a row was not of the asked type.
    #[error("{}", in_short(.0))]
    Database(#[source] sqlx::Error),
    /// A statement of this transaction was dropped half-way. Whether it was done is not known, so nothing of the
    /// transaction will be.
    #[error("a statement of this transaction was dropped half-way: the transaction is rolled back")]
    Interrupted,
    /// An earlier statement of this transaction failed, and PostgreSQL commits nothing of such a transaction.
    #[error("an earlier statement of this transaction failed: it was rolled back, not committed")]
    Aborted,
}

impl DbError {
    /// Whether the statement is not known to be safe: a mistake in the program, or an attack.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether the same may succeed when it is tried again, a whole transaction from its start: the database is busy,
    /// was restarted, found a deadlock, or could not serialize.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(error) => transient::is(error),
            Self::Refused(_)
            | Self::Binds { .. }
            | Self::Value { .. }
            | Self::Interrupted
            | Self::Aborted => false,
        }
    }

    /// Whether a row with this key exists already. It may be another tenant's, unless the constraint includes the
    /// tenant's column.
    pub fn is_unique_violation(&self) -> bool {
        self.is_of_kind(&ErrorKind::UniqueViolation)
    }

    /// Whether a row refers to one that does not exist, or is referred to by one that does.
    pub fn is_foreign_key_violation(&self) -> bool {
        self.is_of_kind(&ErrorKind::ForeignKeyViolation)
    }

    /// Whether [`fetch_one`](crate::Query::fetch_one) found no row.
    pub fn is_row_not_found(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::RowNotFound))
    }

    fn is_of_kind(&self, kind: &ErrorKind) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                std::mem::discriminant(&error.kind()) == std::mem::discriminant(kind)
            }
            Self::Database(_)
            | Self::Refused(_)
            | Self::Binds { .. }
            | Self::Value { .. }
            | Self::Interrupted
            | Self::Aborted => false,
        }
    }
}

/// What kind of failure it was, and the database's code for it; its own words are the source's.
fn in_short(error: &sqlx::Error) -> String {
    if let sqlx::Error::Database(error) = error {
        let code = error.code().map(|code| format!(" (code {code})"));
        return format!(
            "the database refused the statement{}",
            code.unwrap_or_default()
        );
    }
    if matches!(error, sqlx::Error::RowNotFound) {
        return "there is no such row".to_owned();
    }
    let of_another_type = matches!(
        error,
        sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::Decode(_)
    );
    if of_another_type {
        return "a row is not of the asked type".to_owned();
    }
    "the database, or the way to it, failed".to_owned()
}

/// Which failures pass.
mod transient {
    use sqlx::error::DatabaseError;

    pub(super) fn is(error: &sqlx::Error) -> bool {
        if let sqlx::Error::Database(error) = error {
            return is_of_database(error.as_ref());
        }
        matches!(
            error,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed
        )
    }

    fn is_of_database(error: &dyn DatabaseError) -> bool {
        #[cfg(feature = "sqlite")]
        if error
            .try_downcast_ref::<sqlx::sqlite::SqliteError>()
            .is_some()
        {
            return is_of_sqlite(error);
        }
        #[cfg(feature = "mysql")]
        if let Some(error) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
            return is_of_mysql(error.number());
        }
        error.code().is_some_and(|state| is_of_sqlstate(&state))
    }

    /// `SQLITE_BUSY` and `SQLITE_LOCKED`: the low byte tells.
    #[cfg(feature = "sqlite")]
    fn is_of_sqlite(error: &dyn DatabaseError) -> bool {
        let code = error.code().and_then(|code| code.parse::<u32>().ok());
        code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
    }

    /// Lock wait timeout, deadlock, too many connections, shutdown.
    #[cfg(feature = "mysql")]
    fn is_of_mysql(number: u16) -> bool {
        matches!(number, 1205 | 1213 | 1040 | 1053)
    }

    /// Serialization failures and deadlocks, a lock that was not to be had, lost connections, lack of resources, a
    /// server that goes or comes.
    fn is_of_sqlstate(state: &str) -> bool {
        let class = state.get(..2);
        matches!(class, Some("40" | "08" | "53"))
            || matches!(state, "55P03" | "57P01" | "57P02" | "57P03")
    }
}
