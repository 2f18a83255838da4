//! Which value goes where: the caller's in their order, the tenant's where the rewriter said.

use std::fmt;
use std::sync::Arc;

use sqlx::{Arguments, AssertSqlSafe, Encode, SqlSafeStr, Type};
use tollgate::TenantId;

use super::backend::{Backend, Ready};
use crate::{Bind, DbError, Reason, Refused, Scoped};

/// The values of one statement, as far as they have come.
///
/// sqlx's arguments can only grow at their end. So a value is encoded in its turn, behind the tenant's ids that the
/// statement has before it, and no number of values, right or wrong, moves the tenant's id to another place.
pub(crate) struct Values<DB: Backend> {
    scoped: Arc<Scoped>,
    tenant: TenantId,
    arguments: DB::Arguments,
    /// How many values the caller has given.
    given: usize,
    error: Option<DbError>,
}

impl<DB: Backend> Values<DB> {
    pub(crate) fn of(scoped: Arc<Scoped>, tenant: TenantId) -> Self {
        Self {
            scoped,
            tenant,
            arguments: DB::Arguments::default(),
            given: 0,
            error: None,
        }
    }

    pub(crate) fn push<'v, T>(&mut self, value: T)
    where
        T: Encode<'v, DB> + Type<DB>,
    {
        self.given = self.given.saturating_add(1);
        if self.error.is_none()
            && let Err(error) = self.try_push(value)
        {
            self.error = Some(error);
        }
    }

    fn try_push<'v, T>(&mut self, value: T) -> Result<(), DbError>
    where
        T: Encode<'v, DB> + Type<DB>,
    {
        self.push_tenants()?;
        let number = self.given;
        match self.next() {
            Some(Bind::Caller(wanted)) if wanted == number => {}
            // One too many: they are counted, and told of at the end.
            None => return Ok(()),
            Some(Bind::Caller(_) | Bind::Tenant) => return Err(unverified()),
        }
        let before = self.arguments.len();
        let failed = |source| DbError::Value { number, source };
        self.arguments.add(value).map_err(failed)?;
        if self.arguments.len() == before.saturating_add(1) {
            Ok(())
        } else {
            // All that follow would be shifted.
            Err(failed(
                "its type encoded more than one value, or none".into(),
            ))
        }
    }

    /// As many of the tenant's ids as the statement has here.
    fn push_tenants(&mut self) -> Result<(), DbError> {
        while self.next() == Some(Bind::Tenant) {
            let number = self.arguments.len().saturating_add(1);
            DB::add_tenant(&mut self.arguments, self.tenant.as_str())
                .map_err(|source| DbError::Value { number, source })?;
        }
        Ok(())
    }

    fn next(&self) -> Option<Bind> {
        self.scoped.binds().get(self.arguments.len()).copied()
    }

    /// # Errors
    /// If the values are too few or too many, or one could not be encoded.
    pub(crate) fn finish(mut self, kept: bool) -> Result<Ready<DB>, DbError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let wanted = self.scoped.callers();
        if self.given != wanted {
            let given = self.given;
            return Err(DbError::Binds { given, wanted });
        }
        self.push_tenants()?;
        if self.next().is_some() {
            return Err(unverified());
        }
        let sql = AssertSqlSafe(Arc::clone(self.scoped.sql())).into_sql_str();
        Ok(Ready {
            sql,
            arguments: self.arguments,
            kept,
        })
    }
}

/// The rewriter promised the caller's values in their order, each once.
fn unverified() -> DbError {
    DbError::Refused(Refused::new(Reason::Unverified, "the order of the values"))
}

impl<DB: Backend> fmt::Debug for Values<DB> {
    /// Without the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values")
            .field("sql", self.scoped.sql())
            .field("tenant", &self.tenant)
            .field("given", &self.given)
            .finish_non_exhaustive()
    }
}
