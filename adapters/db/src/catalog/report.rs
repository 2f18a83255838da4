//! What a check of the catalog found.

use std::fmt;

use crate::TableName;

/// Everything that was found, at once.
///
/// As an error, and printed, it tells all of it, errors first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a database that is not as declared leaks"]
pub struct Report {
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(findings: Vec<Finding>) -> Self {
        let (errors, warnings) = findings.into_iter().partition(Finding::is_error);
        Self { errors, warnings }
    }

    /// What a service should not start with.
    pub fn errors(&self) -> &[Finding] {
        &self.errors
    }

    /// What its owner should know.
    pub fn warnings(&self) -> &[Finding] {
        &self.warnings
    }

    /// The report as an error, if there is an error in it.
    ///
    /// # Errors
    /// The report.
    pub fn into_result(self) -> Result<Self, Self> {
        if self.errors.is_empty() {
            Ok(self)
        } else {
            Err(self)
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (errors, warnings) = (self.errors.len(), self.warnings.len());
        write!(
            f,
            "the database against the schema: {errors} errors, {warnings} warnings"
        )?;
        for error in &self.errors {
            write!(f, "\n- error: {error}")?;
        }
        for warning in &self.warnings {
            write!(f, "\n- warning: {warning}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// One thing that is not as it should be. Tables are named with their schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A declared table does not exist.
    #[error("{table}: no such table")]
    NoTable {
        /// As it was declared.
        table: TableName,
    },
    /// What is declared is neither a table nor a view.
    #[error("{table}: is a {kind}, not a table")]
    NotATable {
        /// The relation.
        table: TableName,
        /// What it is.
        kind: &'static str,
    },
    /// A scoped table has no tenant's column.
    #[error("{table}: no column {column}")]
    NoColumn {
        /// The table.
        table: TableName,
        /// As it was declared.
        column: String,
    },
    /// The tenant's column may take two tenants for one, or can't be compared with a tenant.
    #[error("{table}, column {column}: {data_type} {why}")]
    Inexact {
        /// The table.
        table: TableName,
        /// The tenant's column.
        column: String,
        /// Its type.
        data_type: String,
        /// What is wrong with that.
        why: &'static str,
    },
    /// What is shared reads what is scoped: everybody would see everybody's rows.
    #[error(
        "{shared} is shared and reads {scoped}, which is scoped: declare it scoped, or don't declare it"
    )]
    SharedReadsScoped {
        /// The view, or the parent of tables.
        shared: TableName,
        /// What it reads, at any depth.
        scoped: TableName,
    },
    /// What is shared calls a function, which may read anything.
    #[error(
        "{shared} is shared and calls {function}: declare the function if it reads no scoped table"
    )]
    SharedCalls {
        /// The view.
        shared: TableName,
        /// The function.
        function: String,
    },
    /// A function takes rows. PostgreSQL calls it for `r.function` as well, which a statement may say without the function
    /// being declared.
    #[error(
        "{function} can be called like a column of any table: declare the function if it reads no scoped table"
    )]
    RowFunction {
        /// The function, with its schema and its arguments.
        function: String,
    },
    /// A function has the name of one that statements may call without its being declared, such as `abs`, and takes other
    /// arguments: PostgreSQL calls it where they fit better.
    #[error(
        "{function} has the name of a function that statements may call: declare it if it reads no scoped table, or move it \
         to a schema that is not on the search_path"
    )]
    Namesake {
        /// The function, with its schema and its arguments.
        function: String,
    },
    /// It can't be told what a shared table or view reads.
    #[error("{shared} is shared, and what it reads can't be told: {why}")]
    Opaque {
        /// The table or view.
        shared: TableName,
        /// Why not.
        why: String,
    },
    /// The name of a table, without its schema, means another one on the connections of the pool.
    #[error("{table}: its name alone means {meant}")]
    Shadowed {
        /// The table as declared.
        table: TableName,
        /// What the database takes the name for.
        meant: String,
    },
    /// A setting has statements read in another way than the rewriter reads them.
    #[error("the setting {name} is {value}: must be {wanted}")]
    Setting {
        /// Its name.
        name: &'static str,
        /// What it is.
        value: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The tenant's column may be NULL: such rows are nobody's.
    #[error("{table}, column {column}: may be NULL, and such rows are nobody's")]
    Nullable {
        /// The table.
        table: TableName,
        /// The tenant's column.
        column: String,
    },
    /// The database computes the tenant's column: no INSERT into this table succeeds.
    #[error("{table}, column {column}: is computed, so that no INSERT succeeds")]
    Generated {
        /// The table.
        table: TableName,
        /// The tenant's column.
        column: String,
    },
    /// The tenant's column has a collation that takes different strings for equal. The rewriter compares exactly all the
    /// same; statements that go around it do not.
    #[error(
        "{table}, column {column}: its collation {collation} takes different tenants for equal outside tollgate"
    )]
    Collation {
        /// The table.
        table: TableName,
        /// The tenant's column.
        column: String,
        /// The collation.
        collation: String,
    },
    /// A unique constraint spans all tenants: a tenant that tries a key learns whether another has it.
    #[error(
        "{table}: {constraint} ({columns}) is unique over all tenants, and so tells one of another's keys"
    )]
    UniqueOverAll {
        /// The table.
        table: TableName,
        /// The constraint or index.
        constraint: String,
        /// Its columns.
        columns: String,
    },
    /// A foreign key between scoped tables does not hold the tenant's columns: rows may refer to another tenant's.
    #[error("{table}: {constraint} may refer to another tenant's row of {target}{}",
        if *cascades { ", whose changes then change this tenant's rows" } else { "" })]
    ReferenceOverAll {
        /// The table.
        table: TableName,
        /// The foreign key.
        constraint: String,
        /// Where it points.
        target: TableName,
        /// It has an action: CASCADE, SET NULL, SET DEFAULT.
        cascades: bool,
    },
}

impl Finding {
    /// Whether a service should not start with it.
    pub fn is_error(&self) -> bool {
        match self {
            Self::NoTable { .. }
            | Self::NotATable { .. }
            | Self::NoColumn { .. }
            | Self::Inexact { .. }
            | Self::SharedReadsScoped { .. }
            | Self::SharedCalls { .. }
            | Self::RowFunction { .. }
            | Self::Namesake { .. }
            | Self::Opaque { .. }
            | Self::Shadowed { .. }
            | Self::Setting { .. } => true,
            Self::Nullable { .. }
            | Self::Generated { .. }
            | Self::Collation { .. }
            | Self::UniqueOverAll { .. }
            | Self::ReferenceOverAll { .. } => false,
        }
    }
}
