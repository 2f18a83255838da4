//! The declared schema in the form that statements are looked up in.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::schema::Access;
use crate::{Dialect, Schema, SchemaError, TableName};

use super::names;

/// A schema, its names folded by the rules of one dialect.
#[derive(Debug)]
pub(crate) struct Compiled {
    dialect: Dialect,
    /// By schema and table, as the catalog has them.
    tables: HashMap<(String, String), Access>,
    /// The names of scoped tables in lower case, without their schemas.
    words: Vec<String>,
    /// The schema of names without one.
    home: String,
    functions: HashSet<String>,
    types: HashSet<String>,
}

impl Compiled {
    /// Looks for contradictions.
    pub(crate) fn new(dialect: Dialect, schema: &Schema) -> Result<Self, SchemaError> {
        let own = match dialect {
            Dialect::PostgreSql => "public",
            Dialect::Sqlite => "main",
            Dialect::MySql => "",
        };
        if let Some(home) = &schema.home {
            valid("schema", home)?;
        }
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
        let mut words: Vec<String> = schema
            .tables
            .iter()
            .filter(|(_, access)| matches!(access, Access::Scoped { .. }))
            .map(|(name, _)| name.table.to_ascii_lowercase())
            .collect();
        words.sort_unstable();
        words.dedup();
        Ok(Self {
            dialect,
            tables,
            home,
            words,
            functions: callables(dialect, "function", &schema.functions)?,
            types: callables(dialect, "type", &schema.types)?,
        })
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The schema of names without one.
    pub(crate) fn home(&self) -> &str {
        &self.home
    }

    /// What a table is declared as, by its folded names.
    pub(crate) fn access(&self, schema: Option<&str>, table: &str) -> Option<&Access> {
        let schema = schema.unwrap_or(&self.home).to_owned();
        self.tables.get(&(schema, table.to_owned()))
    }

    /// The words, in lower case, that name scoped tables; each with 0.
    pub(crate) fn words(&self) -> BTreeMap<String, usize> {
        self.words.iter().map(|word| (word.clone(), 0)).collect()
    }

    /// Whether a function is declared, by its folded name, with its schema if it was written with one.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.functions.contains(name)
    }

    /// The same for a type.
    pub(crate) fn has_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }
}

/// Names of functions and types, as [`names::callable`] gives those that are written.
fn callables(
    dialect: Dialect,
    what: &'static str,
    given: &[String],
) -> Result<HashSet<String>, SchemaError> {
    given
        .iter()
        .map(|name| {
            valid(what, name)?;
            Ok(match dialect {
                Dialect::PostgreSql => name.clone(),
                Dialect::Sqlite | Dialect::MySql => name.to_ascii_lowercase(),
            })
        })
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_declared_twice_is_a_contradiction_also_by_another_spelling() {
        let twice =
            |dialect, schema| matches!(Compiled::new(dialect, &schema), Err(SchemaError::Twice(_)));
        let spelled = || Schema::new().scoped("orders").shared("Orders");
        assert!(twice(Dialect::Sqlite, spelled()));
        assert!(!twice(Dialect::PostgreSql, spelled()));
        let qualified = |own: &str| Schema::new().scoped("orders").scoped(own);
        assert!(twice(Dialect::PostgreSql, qualified("public.orders")));
        assert!(twice(Dialect::Sqlite, qualified("MAIN.orders")));
        assert!(!twice(Dialect::PostgreSql, qualified("app.orders")));
        assert!(twice(
            Dialect::MySql,
            qualified("app.orders").default_schema("app")
        ));
    }

    #[test]
    fn names_that_no_catalog_holds_are_refused() {
        let refused = |schema: Schema| {
            matches!(
                Compiled::new(Dialect::PostgreSql, &schema),
                Err(SchemaError::Name { .. })
            )
        };
        assert!(refused(Schema::new().scoped("")));
        assert!(refused(Schema::new().scoped(".orders")));
        assert!(refused(Schema::new().scoped_by("orders", "")));
        assert!(refused(Schema::new().shared("a\0b")));
        assert!(refused(Schema::new().shared("a".repeat(256).as_str())));
        assert!(refused(Schema::new().function("")));
        assert!(refused(Schema::new().data_type("")));
        assert!(refused(Schema::new().default_schema("")));
        assert!(!refused(Schema::new().scoped("orders").shared("a.b")));
    }
}
