//! Which tables hold tenants' rows, which are everybody's, and that all others are nobody's.

use std::fmt;

/// The column that says whose a row is, unless [`Schema::scoped_by`] names another.
pub const TENANT_COLUMN: &str = "tenant_id";

/// What a service's statements may touch.
///
/// Whatever is not declared is forbidden. Names are those of the catalog, not of SQL: on PostgreSQL `Users` is the table
/// that SQL writes `"Users"`. A name without a schema is in the default one (PostgreSQL `public`, SQLite `main`).
///
/// ```
/// use tollgate_db::Schema;
///
/// let schema = Schema::new()
///     .scoped("resources")
///     .scoped_by("orders", "org_id")
///     .shared("countries");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Schema {
    pub(crate) tables: Vec<(TableName, Access)>,
    pub(crate) functions: Vec<String>,
    pub(crate) types: Vec<String>,
    pub(crate) home: Option<String>,
}

/// Who may touch a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Each tenant its own rows.
    Scoped {
        /// The column that says whose a row is.
        column: String,
    },
    /// Every tenant all rows, to read.
    Shared,
}

impl Schema {
    /// Nothing may be touched.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A table, or a view, each row of which belongs to the tenant in its column `tenant_id`.
    #[must_use]
    pub fn scoped(self, table: impl Into<TableName>) -> Self {
        self.scoped_by(table, TENANT_COLUMN)
    }

    /// A table, or a view, each row of which belongs to the tenant in `column`.
    #[must_use]
    pub fn scoped_by(mut self, table: impl Into<TableName>, column: impl Into<String>) -> Self {
        let column = column.into();
        self.tables.push((table.into(), Access::Scoped { column }));
        self
    }

    /// A table, or a view, that every tenant may read in full, and none may write.
    #[must_use]
    pub fn shared(mut self, table: impl Into<TableName>) -> Self {
        self.tables.push((table.into(), Access::Shared));
        self
    }

    /// A function that statements may call, beside those that are known to be safe.
    ///
    /// It must read no tenant's rows: what happens inside a function is not rewritten.
    #[must_use]
    pub fn function(mut self, name: impl Into<String>) -> Self {
        self.functions.push(name.into());
        self
    }

    /// A type that statements may cast to, beside those that are known to be safe.
    #[must_use]
    pub fn data_type(mut self, name: impl Into<String>) -> Self {
        self.types.push(name.into());
        self
    }

    /// The schema of names without one, if it is not the dialect's own.
    #[must_use]
    pub fn default_schema(mut self, name: impl Into<String>) -> Self {
        self.home = Some(name.into());
        self
    }
}

/// The name of a table or a view: `resources`, or with its schema, `app.resources`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
}

impl From<&str> for TableName {
    /// Splits at the first dot. A name with a dot in it is given as a pair.
    fn from(name: &str) -> Self {
        match name.split_once('.') {
            Some((schema, table)) => (schema, table).into(),
            None => Self {
                schema: None,
                table: name.to_owned(),
            },
        }
    }
}

impl From<(&str, &str)> for TableName {
    fn from((schema, table): (&str, &str)) -> Self {
        Self {
            schema: Some(schema.to_owned()),
            table: table.to_owned(),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.table)
    }
}

/// A schema that contradicts itself, or a name that can't be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A table declared more than once.
    #[error("table {0}: declared more than once")]
    Twice(TableName),
    /// An empty name, or one with a NUL in it.
    #[error("{what} {name:?}: must be 1 to 255 bytes without NUL")]
    Name {
        /// What it is the name of.
        what: &'static str,
        /// The name.
        name: String,
    },
}
