//! A list of names or paths, some of which end in `*`.

/// Entries, sorted; those that end in `*` apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct AllowList {
    exact: Box<[Box<str>]>,
    globs: Box<[Box<str>]>,
}

impl AllowList {
    pub(crate) fn new(entries: &[String]) -> Self {
        let mut sorted: Vec<&str> = entries.iter().map(String::as_str).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let (globs, exact): (Vec<&str>, Vec<&str>) =
            sorted.into_iter().partition(|entry| entry.ends_with('*'));
        let boxed = |list: Vec<&str>| list.into_iter().map(Box::from).collect();
        Self {
            exact: boxed(exact),
            globs: boxed(globs),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.globs.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.exact.iter().chain(&self.globs).map(AsRef::as_ref)
    }

    fn has(&self, name: &str) -> bool {
        self.exact
            .binary_search_by(|entry| entry.as_ref().cmp(name))
            .is_ok()
    }

    /// `*` is a letter like any other here, as it is in a method.
    pub(crate) fn allows_exactly(&self, name: &str) -> bool {
        self.is_empty() || self.iter().any(|entry| entry == name)
    }

    pub(crate) fn allows_name(&self, name: &str) -> bool {
        let starts = |glob: &str| {
            glob.strip_suffix('*')
                .is_some_and(|stem| name.starts_with(stem))
        };
        self.is_empty() || self.has(name) || self.globs.iter().any(|glob| starts(glob))
    }

    pub(crate) fn allows_path(&self, path: &str) -> bool {
        let below = |glob: &str| {
            let rest = glob
                .strip_suffix("/*")
                .and_then(|stem| path.strip_prefix(stem));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.is_empty() || self.has(path) || self.globs.iter().any(|glob| below(glob))
    }
}
