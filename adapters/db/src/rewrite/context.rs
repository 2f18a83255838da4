//! What the walk of one statement knows and notes: names in scope, what it has written, how much there is of everything.

use std::collections::BTreeMap;
use std::fmt::Display;

use sqlparser::ast::{Expr, Ident, LockClause, ObjectName, ObjectNamePart, Value};

use crate::schema::Access;
use crate::{Dialect, Reason, Refused};

use super::compiled::Compiled;
use super::names;
use super::scopes::{Means, Scopes};

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
    /// The tables read or written under their own names, as schema and table: what `schema.table.column` can mean.
    tables: Vec<(String, String)>,
    /// What the rows of tenants' tables in the FROM clause at hand are locked by.
    pub(super) locks: Vec<LockClause>,
    /// How many queries are open around the place at hand.
    pub(super) depth: usize,
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
            tables: Vec::new(),
            locks: Vec::new(),
            depth: 0,
            words: schema.words(),
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

    /// What to [`Context::leave_tables`] to.
    pub(crate) fn mark_tables(&self) -> usize {
        self.tables.len()
    }

    /// From here on `schema.table.column` can mean this one's.
    ///
    /// # Errors
    /// If it is no name of a table.
    pub(crate) fn enter_table(&mut self, name: &ObjectName) -> Result<(), Refused> {
        let (schema, table) = self.folded(name)?;
        let schema = schema.unwrap_or_else(|| self.schema.home().to_owned());
        self.tables.push((schema, table));
        Ok(())
    }

    /// Forgets all tables that came after the mark.
    pub(crate) fn leave_tables(&mut self, mark: usize) {
        self.tables.truncate(mark);
    }

    /// Whether `schema.table` is a table in scope under its own name.
    pub(crate) fn has_table(&self, schema: &Ident, table: &Ident) -> bool {
        let dialect = self.dialect();
        let wanted = (
            names::folded(dialect, schema),
            names::folded(dialect, table),
        );
        self.tables.contains(&wanted)
    }

    fn folded(&self, name: &ObjectName) -> Result<(Option<String>, String), Refused> {
        let dialect = self.dialect();
        let ObjectName(parts) = name;
        match parts.as_slice() {
            [ObjectNamePart::Identifier(table)] => Ok((None, names::relation(dialect, table)?)),
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(table),
            ] => Ok((
                Some(names::relation(dialect, schema)?),
                names::relation(dialect, table)?,
            )),
            _ => Err(Refused::new(Reason::Relation, name)),
        }
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
        let (schema, table) = self.folded(name)?;
        if schema.is_none() {
            match self.scopes.means(&table) {
                Some(Means::Cte) => return Ok(Relation::Cte),
                Some(Means::Doubtful) => return Err(refused()),
                None => {}
            }
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

    /// Notes the name of a column.
    ///
    /// # Errors
    /// If it is a system column, or the database could read it as something else.
    pub(crate) fn column(&mut self, column: &Ident) -> Result<(), Refused> {
        if names::is_system_column(self.dialect(), column) {
            return Err(Refused::new(Reason::SystemColumn, column));
        }
        self.ident(column)
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

    /// Notes the words of what has names in it that are no identifiers to the parser: a type, a field of a date.
    pub(crate) fn text(&mut self, text: &impl Display) {
        let text = text.to_string();
        for word in text.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric() && c != '_') {
            self.word(word);
        }
    }

    /// Notes a word that may be a keyword, such as the name of a function.
    pub(crate) fn word(&mut self, word: &str) {
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
