//! What becomes of INSERT, UPDATE and DELETE.

use sqlparser::ast::Statement;

use crate::{Reason, Refused};

use super::context::Context;

/// Scopes a statement that writes, also as the body of a CTE.
///
/// # Errors
/// If it is not known to be safe.
pub(crate) fn statement(
    statement: &mut Statement,
    _context: &mut Context<'_>,
) -> Result<(), Refused> {
    Err(Refused::new(Reason::Statement, statement))
}
