//! What is wrong with config files: every problem, with file, line and column.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use tollgate::ConfigError;

use crate::file::locate::Spot;

/// One problem of a config file.
///
/// Displayed on one line, as compilers do: `tenants.toml:12:12: tenant acme: limit burst: window "0s": must be > 0`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct FileProblem {
    /// The file, or the directory if no one file is to blame.
    #[serde(serialize_with = "lossy")]
    pub file: PathBuf,
    /// Where in the file, if that is known.
    #[serde(flatten)]
    pub at: Option<Spot>,
    /// The tenant, or `#3` for the third of the file if it names itself not; empty if none is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tenant: String,
    /// The limit; `None` outside limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The field; empty if the file as a whole is meant.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub field: String,
    /// What was found there; empty if nothing was.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is wrong, or what must hold.
    pub problem: String,
}

impl FileProblem {
    pub(crate) fn of_file(file: &Path, at: Option<Spot>, problem: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            at,
            tenant: String::new(),
            limit: None,
            field: String::new(),
            value: String::new(),
            problem: problem.into(),
        }
    }

    pub(crate) fn of_config(file: &Path, at: Option<Spot>, error: &ConfigError) -> Self {
        Self {
            file: file.to_owned(),
            at,
            tenant: error.tenant.clone(),
            limit: error.limit.clone(),
            field: error.field.clone(),
            value: error.value.clone(),
            problem: error.problem.clone(),
        }
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place(f)?;
        self.words().fmt(f)
    }
}

impl FileProblem {
    /// `tenants.toml:12:12: `; a name that would break the line is escaped.
    pub(crate) fn place(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.to_string_lossy();
        if name.chars().any(char::is_control) {
            write!(f, "{name:?}")?;
        } else {
            f.write_str(&name)?;
        }
        if let Some(Spot { line, column }) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")
    }

    /// All but the place.
    pub(crate) fn words(&self) -> impl fmt::Display + '_ {
        fmt::from_fn(|f| {
            if !self.tenant.is_empty() {
                write!(f, "tenant {}: ", self.tenant)?;
            }
            if let Some(limit) = &self.limit {
                write!(f, "limit {limit}: ")?;
            }
            if !self.field.is_empty() {
                f.write_str(&self.field)?;
                if !self.value.is_empty() {
                    write!(f, " {}", self.value)?;
                }
                f.write_str(": ")?;
            }
            f.write_str(&self.problem)
        })
    }
}

fn lossy<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&path.to_string_lossy())
}

/// Why files were refused: all of their problems, and at least one. Displayed one a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileErrors(Box<[FileProblem]>);

impl FileErrors {
    /// The errors, if there are any.
    pub(crate) fn of(problems: Vec<FileProblem>) -> Option<Self> {
        (!problems.is_empty()).then(|| Self(problems.into()))
    }

    /// One problem of a file or directory as a whole.
    pub(crate) fn one(file: &Path, problem: impl Into<String>) -> Self {
        Self(Box::from([FileProblem::of_file(file, None, problem)]))
    }

    /// The problems, by file and in the order in which the files have them.
    pub fn iter(&self) -> std::slice::Iter<'_, FileProblem> {
        self.0.iter()
    }
}

impl<'e> IntoIterator for &'e FileErrors {
    type Item = &'e FileProblem;
    type IntoIter = std::slice::Iter<'e, FileProblem>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for FileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for problem in self {
            write!(f, "{gap}{problem}")?;
            gap = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for FileErrors {}
