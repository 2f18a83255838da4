//! Which CTEs a name can mean at a place in the statement.

/// The names of the CTEs in scope, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    names: Vec<String>,
}

impl Scopes {
    /// How many are in scope: what to [`Scopes::leave`] to.
    pub(crate) fn mark(&self) -> usize {
        self.names.len()
    }

    /// From here on `name` means a CTE.
    pub(crate) fn enter(&mut self, name: String) {
        self.names.push(name);
    }

    /// Forgets all that came after the mark.
    pub(crate) fn leave(&mut self, mark: usize) {
        self.names.truncate(mark);
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }
}
