//! The walk through everything that reads: each part of the tree is visited, or refused.
//!
//! Every struct is taken apart in full and every enum is matched without a wildcard, so that a part which a new version
//! of the parser adds can't go unseen. All functions here fail with [`Refused`] on what is not known to be safe.

mod expr;
mod function;
mod join;
mod operator;
mod order;
mod query;
mod relation;
mod select;
mod value;
mod window;
mod with;

#[cfg(test)]
mod tests;

use std::fmt::Display;

use crate::{Reason, Refused};

pub(crate) use self::expr::expr;
pub(crate) use self::join::tables;
pub(crate) use self::order::{order_by, order_by_exprs};
pub(crate) use self::query::query;
pub(crate) use self::select::select_items;
pub(crate) use self::with::with;

use self::expr::{exprs, optional};

/// Refuses a clause that is there.
fn absent<T: Display>(clause: Option<&T>) -> Result<(), Refused> {
    match clause {
        None => Ok(()),
        Some(clause) => Err(Refused::new(Reason::Clause, clause)),
    }
}

/// Refuses a clause that is there, known by its name.
fn never(is_there: bool, clause: &str) -> Result<(), Refused> {
    if is_there {
        Err(Refused::new(Reason::Clause, clause))
    } else {
        Ok(())
    }
}
