//! Which CTEs a name can mean at a place in the statement.

/// What is in scope, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    names: Vec<(String, Means)>,
}

/// What the database takes a name for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// The CTE.
    Cte,
    /// The CTE on one version of the database, a table on another.
    Doubtful,
}

impl Scopes {
    /// How many are in scope: what to [`Scopes::leave`] to.
    pub(crate) fn mark(&self) -> usize {
        self.names.len()
    }

    /// From here on `name` means a CTE, or is doubtful.
    pub(crate) fn enter(&mut self, name: String, means: Means) {
        self.names.push((name, means));
    }

    /// Forgets all that came after the mark.
    pub(crate) fn leave(&mut self, mark: usize) {
        self.names.truncate(mark);
    }

    /// What a folded name means, by the innermost scope that has it. `None`: no CTE.
    ///
    /// Names that differ only in case are the same on some servers of MySQL: such a one is doubtful.
    pub(crate) fn means(&self, name: &str) -> Option<Means> {
        let (found, means) = self
            .names
            .iter()
            .rev()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(if found == name {
            *means
        } else {
            Means::Doubtful
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_scope_says_what_a_name_means_and_leaving_it_forgets() {
        let mut scopes = Scopes::default();
        scopes.enter("a".to_owned(), Means::Cte);
        let mark = scopes.mark();
        scopes.enter("a".to_owned(), Means::Doubtful);
        assert_eq!(scopes.means("a"), Some(Means::Doubtful));
        scopes.leave(mark);
        assert_eq!(scopes.means("a"), Some(Means::Cte));
        assert_eq!(scopes.means("b"), None);
    }

    #[test]
    fn a_name_that_differs_from_a_cte_in_case_alone_is_doubtful() {
        let mut scopes = Scopes::default();
        scopes.enter("Recent".to_owned(), Means::Cte);
        assert_eq!(scopes.means("recent"), Some(Means::Doubtful));
    }
}
