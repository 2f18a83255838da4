//! What the walk of one statement knows and notes: names in scope, what it has written, how much there is of everything.

use std::collections::BTreeMap;

use sqlparser::ast::{Expr, Ident, ObjectName, ObjectNamePart, Value};

use crate::schema::Access;
use crate::{Dialect, Reason, Refused};

use super::compiled::Compiled;
use super::names;
use super::scopes::Scopes;

/// The most joins in one statement, commas of FROM lists included.
const JOINS: usize = 64;
/// The most set operations in one statement.
const SET_OPERATIONS: usize = 64;

/// The state of one walk.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    schema: &'a Compiled,
    tenant: String,
    pub(super) scopes: Scopes,
    words: BTreeMap<String, usize>,
    joins: usize,
    set_operations: usize,
    writes: bool,
}

/// What a name in FROM, JOIN, USING, INTO, UPDATE position means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relation {
    /// A CTE in scope: what it reads is scoped where it is defined.
    Cte,
    /// A table that everybody may read.
    Shared,
    /// A tenant's table, and its column that says whose a row is.
    Scoped {
        /// As declared.
        column: String,
    },
}

impl<'a> Context<'a> {
    /// A walk whose predicates compare with the placeholder `tenant`, such as `$3`.
    pub(crate) fn new(schema: &'a Compiled, tenant: impl Into<String>) -> Self {
        Self {
            schema,
            tenant: tenant.into(),
            scopes: Scopes::default(),
            words: schema.scoped_words().map(|word| (word, 0)).collect(),
            joins: 0,
            set_operations: 0,
            writes: false,
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.schema.dialect()
    }

    pub(crate) fn schema(&self) -> &'a Compiled {
        self.schema
    }

    /// The placeholder that the tenant's id is bound to.
    pub(crate) fn tenant(&self) -> Expr {
        Expr::Value(Value::Placeholder(self.tenant.clone()).into())
    }

    /// What a name means here. Notes nothing: see [`Context::name`].
    ///
    /// # Errors
    /// If it is neither declared nor a CTE, or is doubtful.
    pub(crate) fn resolve(&self, name: &ObjectName) -> Result<Relation, Refused> {
        let refused = || Refused::new(Reason::Relation, name);
        let ObjectName(parts) = name;
        let (schema, table) = match parts.as_slice() {
            [ObjectNamePart::Identifier(table)] => (None, table),
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(table),
            ] => (Some(names::relation(self.dialect(), schema)?), table),
            _ => return Err(refused()),
        };
        let table = names::relation(self.dialect(), table)?;
        if schema.is_none() && self.scopes.names().contains(&table) {
            return Ok(Relation::Cte);
        }
        match self.schema.access(schema.as_deref(), &table) {
            Some(Access::Shared) => Ok(Relation::Shared),
            Some(Access::Scoped { column }) => Ok(Relation::Scoped {
                column: column.clone(),
            }),
            None => Err(refused()),
        }
    }

    /// Notes an identifier that the walk has seen, or writes. Each one in the tree is noted once, or the check fails.
    ///
    /// # Errors
    /// If the database could read it as something else.
    pub(crate) fn ident(&mut self, ident: &Ident) -> Result<(), Refused> {
        names::checked(self.dialect(), ident)?;
        self.word(&ident.value);
        Ok(())
    }

    /// Notes all parts of a name.
    ///
    /// # Errors
    /// If the database could read one of them as something else.
    pub(crate) fn name(&mut self, name: &ObjectName) -> Result<(), Refused> {
        let ObjectName(parts) = name;
        for part in parts {
            match part {
                ObjectNamePart::Identifier(ident) => self.ident(ident)?,
                ObjectNamePart::Function(_) => return Err(Refused::new(Reason::Relation, name)),
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str) {
        if let Some(count) = self.words.get_mut(&word.to_ascii_lowercase()) {
            *count = count.saturating_add(1);
        }
    }

    /// How often each word that names a scoped table has to occur in the printed statement, compared in lower case.
    pub(crate) fn words(&self) -> &BTreeMap<String, usize> {
        &self.words
    }

    /// Notes that the statement changes rows.
    pub(crate) fn write(&mut self) {
        self.writes = true;
    }

    /// Whether the statement changes rows.
    pub(crate) fn writes(&self) -> bool {
        self.writes
    }

    /// Counts one more join.
    ///
    /// # Errors
    /// If there are too many.
    pub(crate) fn join(&mut self) -> Result<(), Refused> {
        self.joins = self.joins.saturating_add(1);
        at_most("joins", self.joins, JOINS)
    }

    /// Counts one more set operation.
    ///
    /// # Errors
    /// If there are too many.
    pub(crate) fn set_operation(&mut self) -> Result<(), Refused> {
        self.set_operations = self.set_operations.saturating_add(1);
        at_most("set operations", self.set_operations, SET_OPERATIONS)
    }
}

fn at_most(what: &'static str, count: usize, most: usize) -> Result<(), Refused> {
    if count > most {
        return Err(Refused::new(Reason::TooMuch { what, count, most }, what));
    }
    Ok(())
}
