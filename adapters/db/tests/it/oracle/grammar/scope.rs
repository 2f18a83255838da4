//! What can be named where.

use crate::oracle::world::Ty;

/// Something that stands for a value: a column, or, where rows are grouped, an aggregate.
#[derive(Debug, Clone)]
pub(super) struct Atom {
    /// How it is written in full.
    pub(super) text: String,
    /// Its name in the catalog, if it can be named without the table's.
    pub(super) bare: Option<String>,
    pub(super) ty: Ty,
    /// A column that a sub-select inside can name, too.
    pub(super) column: bool,
    /// What stands before the dot, as it is written.
    pub(super) table: String,
    /// The same, folded.
    pub(super) qualifier: String,
}

/// What one SELECT adds to what can be named.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    pub(super) atoms: Vec<Atom>,
    /// The names of its tables, folded.
    pub(super) tables: Vec<String>,
    /// Whether columns must be written with their table's name: other tables may have columns of that name.
    pub(super) qualified: bool,
}

impl Level {
    /// Both together, as a join has them.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.atoms.extend(other.atoms);
        self.tables.extend(other.tables);
        self.qualified |= other.qualified;
        self
    }

    /// The names of its columns, if no two are the same.
    pub(super) fn column_names(&self) -> Option<Vec<(String, Ty)>> {
        let mut names: Vec<(String, Ty)> = Vec::new();
        for atom in &self.atoms {
            let name = atom.bare.as_ref()?;
            if names
                .iter()
                .any(|(other, _)| other.eq_ignore_ascii_case(name))
            {
                return None;
            }
            names.push((name.clone(), atom.ty));
        }
        Some(names)
    }

    /// Whether a column's name by itself says which column is meant.
    pub(super) fn is_clear(&self, name: &str) -> bool {
        let named = |other: &&Atom| {
            other
                .bare
                .as_ref()
                .is_some_and(|other| other.eq_ignore_ascii_case(name))
        };
        !self.qualified && self.atoms.iter().filter(named).count() == 1
    }
}

/// A CTE that can be named.
#[derive(Debug, Clone)]
pub(super) struct Cte {
    /// As the catalog would have it.
    pub(super) name: String,
    pub(super) columns: Vec<(String, Ty)>,
    /// Whether it must not be read: the one that is being defined.
    pub(super) hidden: bool,
}
