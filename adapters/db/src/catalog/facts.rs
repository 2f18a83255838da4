//! What a catalog says, in words that all databases share.

use std::collections::BTreeSet;

use super::Finding;
use crate::{Dialect, TableName};

/// All that a check needs to know of a database.
#[derive(Debug)]
pub(super) struct Facts {
    /// The schema of names without one, unless the declaration says otherwise.
    pub(super) home: String,
    pub(super) relations: Vec<Relation>,
    /// Functions that statements can call without their being declared.
    pub(super) callable: Vec<Callable>,
    /// What is wrong whatever is declared.
    pub(super) general: Vec<Finding>,
}

/// A table, a view, or what else is named like one.
#[derive(Debug)]
pub(super) struct Relation {
    /// With its schema, always.
    pub(super) name: TableName,
    pub(super) kind: Kind,
    /// Those whose names were asked for.
    pub(super) columns: Vec<Column>,
    pub(super) keys: Vec<Key>,
    pub(super) references: Vec<Reference>,
    pub(super) reads: Reads,
    /// What its name means without a schema, if that is not this.
    pub(super) shadow: Option<String>,
}

/// A function of somebody's own that the rewriter does not keep statements from.
#[derive(Debug)]
pub(super) struct Callable {
    pub(super) name: String,
    /// Its schema.
    pub(super) space: String,
    /// As the database writes them.
    pub(super) arguments: String,
    pub(super) how: How,
}

/// How a statement calls a function that is not declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "postgres"),
    expect(dead_code, reason = "only PostgreSQL has such functions")
)]
pub(super) enum How {
    /// As if it were a column of a row.
    LikeColumn,
    /// By a name that is on the rewriter's list.
    ByListedName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Also one in partitions, and one on another server.
    Table,
    /// Also a materialised one.
    View,
    /// A table that a module makes up.
    Virtual,
    Other(&'static str),
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// As it was declared.
    pub(super) data_type: String,
    pub(super) nullable: bool,
    /// The database computes it.
    pub(super) generated: bool,
    pub(super) comparison: Comparison,
}

/// Whether two different tenants are two different values.
#[derive(Debug)]
pub(super) enum Comparison {
    Exact,
    /// Not by itself; the rewriter sees to it.
    #[cfg_attr(
        not(any(feature = "sqlite", feature = "mysql")),
        expect(dead_code, reason = "PostgreSQL has none")
    )]
    MadeExact(String),
    /// Why not.
    Inexact(&'static str),
}

/// Columns, no two rows of which are alike.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    /// `None` is an expression.
    pub(super) columns: Vec<Option<String>>,
}

/// A foreign key.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: String,
    pub(super) target: TableName,
    /// Columns here, and there.
    pub(super) pairs: Vec<(String, String)>,
    /// A change over there changes rows here.
    pub(super) cascades: bool,
}

/// What a relation's rows are made of, at any depth.
#[derive(Debug, Default)]
pub(super) struct Reads {
    pub(super) relations: Vec<TableName>,
    /// As a schema declares them.
    pub(super) functions: BTreeSet<String>,
    /// It can't be told.
    pub(super) unknown: Option<String>,
}

/// Whether two catalog names are one table's.
pub(super) fn same_table(dialect: Dialect, one: &TableName, other: &TableName) -> bool {
    let same = |one: &str, other: &str| match dialect {
        Dialect::Sqlite => one.eq_ignore_ascii_case(other),
        Dialect::PostgreSql | Dialect::MySql => one == other,
    };
    let schemas = (one.schema.as_deref(), other.schema.as_deref());
    let same_schema = match schemas {
        (Some(one), Some(other)) => same(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    same_schema && same(&one.table, &other.table)
}

/// Whether two catalog names are one column's.
pub(super) fn same_column(dialect: Dialect, one: &str, other: &str) -> bool {
    match dialect {
        Dialect::PostgreSql => one == other,
        Dialect::Sqlite | Dialect::MySql => one.eq_ignore_ascii_case(other),
    }
}

impl Facts {
    /// A declared name with its schema.
    pub(super) fn full(&self, declared: &TableName, home: Option<&str>) -> TableName {
        let home = home.unwrap_or(&self.home);
        let schema = declared.schema.as_deref().unwrap_or(home).to_owned();
        TableName {
            schema: Some(schema),
            table: declared.table.clone(),
        }
    }

    pub(super) fn relation(&self, dialect: Dialect, name: &TableName) -> Option<&Relation> {
        self.relations
            .iter()
            .find(|relation| same_table(dialect, &relation.name, name))
    }
}
