//! Whether what is declared and what is there go together: rules that all databases share.

use super::facts::{Comparison, Facts, How, Kind, Relation, same_column, same_table};
use super::{Finding, Report};
use crate::schema::Access;
use crate::{Dialect, Schema, TableName};

pub(super) fn judge(dialect: Dialect, schema: &Schema, mut facts: Facts) -> Report {
    let general = std::mem::take(&mut facts.general);
    let mut judge = Judge {
        dialect,
        schema,
        facts: &facts,
        findings: general,
    };
    judge.callable();
    for (name, access) in &schema.tables {
        judge.declaration(name, access);
    }
    Report::new(judge.findings)
}

struct Judge<'j> {
    dialect: Dialect,
    schema: &'j Schema,
    facts: &'j Facts,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn declaration(&mut self, declared: &TableName, access: &Access) {
        let name = self.full(declared);
        let Some(relation) = self.facts.relation(self.dialect, &name) else {
            self.findings.push(Finding::NoTable { table: name });
            return;
        };
        let not_a_table = match (relation.kind, access) {
            (Kind::Other(kind), _) => Some(kind),
            // How its module compares is its own affair.
            (Kind::Virtual, Access::Scoped { .. }) => Some("virtual table"),
            _ => None,
        };
        if let Some(kind) = not_a_table {
            let table = relation.name.clone();
            self.findings.push(Finding::NotATable { table, kind });
            return;
        }
        let home = self.home();
        let at_home = name.schema.as_deref().is_some_and(|schema| {
            // SQLite's main, in whatever case.
            same_column(self.dialect, schema, home)
        });
        if let Some(meant) = relation.shadow.clone().filter(|_| at_home) {
            let table = relation.name.clone();
            self.findings.push(Finding::Shadowed { table, meant });
        }
        match access {
            Access::Scoped { column } => self.scoped(relation, column),
            Access::Shared => self.shared(relation),
        }
    }

    fn callable(&mut self) {
        for function in &self.facts.callable {
            let full = format!("{}.{}", function.space, function.name);
            let declared = |name: &String| *name == function.name || *name == full;
            if !self.schema.functions.iter().any(declared) {
                let named = format!("{full}({})", function.arguments);
                self.findings.push(match function.how {
                    How::LikeColumn => Finding::RowFunction { function: named },
                    How::ByListedName => Finding::Namesake { function: named },
                });
            }
        }
    }

    fn scoped(&mut self, relation: &Relation, column: &str) {
        let table = || relation.name.clone();
        let named = relation
            .columns
            .iter()
            .find(|found| same_column(self.dialect, &found.name, column));
        let Some(found) = named else {
            let column = column.to_owned();
            self.findings.push(Finding::NoColumn {
                table: table(),
                column,
            });
            return;
        };
        let column = || found.name.clone();
        match &found.comparison {
            Comparison::Exact => {}
            Comparison::MadeExact(collation) => self.findings.push(Finding::Collation {
                table: table(),
                column: column(),
                collation: collation.clone(),
            }),
            Comparison::Inexact(why) => self.findings.push(Finding::Inexact {
                table: table(),
                column: column(),
                data_type: found.data_type.clone(),
                why,
            }),
        }
        // A view's columns may always be NULL, as far as a catalog says.
        if found.nullable && relation.kind == Kind::Table {
            self.findings.push(Finding::Nullable {
                table: table(),
                column: column(),
            });
        }
        if found.generated {
            self.findings.push(Finding::Generated {
                table: table(),
                column: column(),
            });
        }
        self.keys(relation, &found.name);
        self.references(relation, &found.name);
    }

    fn keys(&mut self, relation: &Relation, tenant: &str) {
        for key in &relation.keys {
            let is_tenant = |column: &Option<String>| {
                let column = column.as_deref();
                column.is_some_and(|column| same_column(self.dialect, column, tenant))
            };
            if !key.columns.iter().any(is_tenant) {
                let columns: Vec<&str> = key
                    .columns
                    .iter()
                    .map(|column| column.as_deref().unwrap_or("an expression"))
                    .collect();
                self.findings.push(Finding::UniqueOverAll {
                    table: relation.name.clone(),
                    constraint: key.name.clone(),
                    columns: columns.join(", "),
                });
            }
        }
    }

    fn references(&mut self, relation: &Relation, tenant: &str) {
        for reference in &relation.references {
            let Some(theirs) = self.tenant_of(&reference.target) else {
                continue; // not scoped: its rows are nobody's secret
            };
            let same = |one: &str, other: &str| same_column(self.dialect, one, other);
            let mut pairs = reference.pairs.iter();
            if !pairs.any(|(here, there)| same(here, tenant) && same(there, theirs)) {
                self.findings.push(Finding::ReferenceOverAll {
                    table: relation.name.clone(),
                    constraint: reference.name.clone(),
                    target: reference.target.clone(),
                    cascades: reference.cascades,
                });
            }
        }
    }

    fn shared(&mut self, relation: &Relation) {
        let shared = || relation.name.clone();
        for read in &relation.reads.relations {
            if self.tenant_of(read).is_some() {
                self.findings.push(Finding::SharedReadsScoped {
                    shared: shared(),
                    scoped: read.clone(),
                });
            }
        }
        for function in &relation.reads.functions {
            if !self
                .schema
                .functions
                .iter()
                .any(|declared| declared == function)
            {
                self.findings.push(Finding::SharedCalls {
                    shared: shared(),
                    function: function.clone(),
                });
            }
        }
        let why = relation.reads.unknown.clone();
        let is_virtual = relation.kind == Kind::Virtual;
        let why = why.or(is_virtual.then(|| "it is a virtual table".to_owned()));
        if let Some(why) = why {
            self.findings.push(Finding::Opaque {
                shared: shared(),
                why,
            });
        }
    }

    /// The tenant's column of a table that is declared scoped.
    fn tenant_of(&self, table: &TableName) -> Option<&str> {
        self.schema
            .tables
            .iter()
            .find_map(|(name, access)| match access {
                Access::Scoped { column } if same_table(self.dialect, &self.full(name), table) => {
                    Some(column.as_str())
                }
                Access::Scoped { .. } | Access::Shared => None,
            })
    }

    fn home(&self) -> &str {
        self.schema.home.as_deref().unwrap_or(&self.facts.home)
    }

    fn full(&self, declared: &TableName) -> TableName {
        self.facts.full(declared, self.schema.home.as_deref())
    }
}
