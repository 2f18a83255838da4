//! Which patterns cover which: of names, `gpt-4*`, and of paths, `/api/*`.

/// How patterns of a list are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A `*` at the end stands for any rest.
    Names,
    /// A last segment `*` stands for any path below, and for none.
    Paths,
}

impl Kind {
    /// Whether everything that `small` is for is what `big` is for too.
    pub(super) fn covers(self, big: &str, small: &str) -> bool {
        match (self.stem(big), self.stem(small)) {
            (None, None) => big == small,
            (None, Some(_)) => false,
            (Some(big), Some(small)) => self.is_below(small, big),
            (Some(big), None) => self.is_below(small, big),
        }
    }

    /// Whether something is what both are for.
    pub(super) fn meet(self, a: &str, b: &str) -> bool {
        // Patterns are trees: two that meet lie within one another.
        self.covers(a, b) || self.covers(b, a)
    }

    /// What a pattern's names or paths begin with; `None` if it is for one only.
    fn stem(self, pattern: &str) -> Option<&str> {
        match self {
            Self::Names => pattern.strip_suffix('*'),
            Self::Paths => pattern.strip_suffix("/*"),
        }
    }

    fn is_below(self, text: &str, stem: &str) -> bool {
        let rest = text.strip_prefix(stem);
        match self {
            Self::Names => rest.is_some(),
            Self::Paths => rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// Whether a list, in which nothing means all, has an entry that covers each of another's.
    pub(super) fn list_covers(self, big: &[String], small: &[String]) -> bool {
        let covered = |small: &String| big.iter().any(|big| self.covers(big, small));
        big.is_empty() || (!small.is_empty() && small.iter().all(covered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_covers_what_begins_with_it() {
        let names = Kind::Names;
        assert!(names.covers("gpt-4*", "gpt-4"));
        assert!(names.covers("gpt-4*", "gpt-4o*"));
        assert!(names.covers("*", "anything"));
        assert!(!names.covers("gpt-4", "gpt-4*"));
        assert!(!names.covers("gpt-4o*", "gpt-4*"));
        assert!(names.meet("gpt-4o*", "gpt-4*"));
        assert!(!names.meet("gpt-4o*", "gpt-3*"));
    }

    #[test]
    fn a_path_covers_what_is_below_it_segment_by_segment() {
        let paths = Kind::Paths;
        assert!(paths.covers("/api/*", "/api"));
        assert!(paths.covers("/api/*", "/api/v1/*"));
        assert!(paths.covers("/*", "/"));
        assert!(!paths.covers("/api/*", "/apis"));
        assert!(!paths.covers("/api/*", "/apis/*"));
        assert!(!paths.meet("/api/v1", "/api/v2"));
    }
}
