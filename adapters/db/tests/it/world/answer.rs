//! What a statement did in one world.

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The rows, sorted, each with its cells joined by `|`; or that the database refused.
    pub(crate) rows: Result<Vec<String>, Failed>,
    /// Acme's rows behind it.
    pub(crate) own: Vec<String>,
}

/// The database refused. What it says may name a key that another tenant has, so it is not compared.
#[derive(Debug, Clone)]
pub(crate) struct Failed(pub(crate) String);

impl Answer {
    /// Whether it was given up because it took too long: by how much, may depend on the others' rows.
    pub(crate) fn is_given_up(&self) -> bool {
        matches!(&self.rows, Err(Failed(error)) if error.contains("interrupted"))
    }
}

impl PartialEq for Failed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Failed {}
