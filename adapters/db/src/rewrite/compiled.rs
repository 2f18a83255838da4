//! The declared schema in the form that statements are looked up in.

use std::collections::HashMap;

use crate::schema::Access;
use crate::{Dialect, Schema, SchemaError, TableName};

use super::names;

/// A schema, its names folded by the rules of one dialect.
#[derive(Debug)]
pub(crate) struct Compiled {
    dialect: Dialect,
    /// By schema and table, as the catalog has them.
    tables: HashMap<(String, String), Access>,
    /// The schema of names without one.
    home: String,
    functions: Vec<String>,
    types: Vec<String>,
}

impl Compiled {
    /// Looks for contradictions.
    pub(crate) fn new(dialect: Dialect, schema: &Schema) -> Result<Self, SchemaError> {
        let own = match dialect {
            Dialect::PostgreSql => "public",
            Dialect::Sqlite => "main",
            Dialect::MySql => "",
        };
        let home = names::declared(dialect, schema.home.as_deref().unwrap_or(own));
        let mut tables = HashMap::new();
        for (name, access) in &schema.tables {
            let TableName { schema, table } = name;
            valid("table", table)?;
            let within = match schema {
                Some(schema) => {
                    valid("schema", schema)?;
                    names::declared(dialect, schema)
                }
                None => home.clone(),
            };
            if let Access::Scoped { column } = access {
                valid("column", column)?;
            }
            let key = (within, names::declared(dialect, table));
            if tables.insert(key, access.clone()).is_some() {
                return Err(SchemaError::Twice(name.clone()));
            }
        }
        Ok(Self {
            dialect,
            tables,
            home,
            functions: schema.functions.clone(),
            types: schema.types.clone(),
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What a table is declared as, by its folded names.
    pub(crate) fn access(&self, schema: Option<&str>, table: &str) -> Option<&Access> {
        let schema = schema.unwrap_or(&self.home).to_owned();
        self.tables.get(&(schema, table.to_owned()))
    }

    /// The words, in lower case, that name scoped tables.
    pub(crate) fn scoped_words(&self) -> impl Iterator<Item = String> + '_ {
        self.tables
            .iter()
            .filter(|(_, access)| matches!(access, Access::Scoped { .. }))
            .map(|((_, table), _)| table.to_ascii_lowercase())
    }

    pub(crate) fn functions(&self) -> &[String] {
        &self.functions
    }

    pub(crate) fn types(&self) -> &[String] {
        &self.types
    }
}

fn valid(what: &'static str, name: &str) -> Result<(), SchemaError> {
    if name.is_empty() || name.len() > 255 || name.contains('\0') {
        return Err(SchemaError::Name {
            what,
            name: name.to_owned(),
        });
    }
    Ok(())
}
