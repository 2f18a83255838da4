//! What a check has found, for people and for programs.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::file::{FileProblem, Spot};

/// Whether a config can be put in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is refused.
    Error,
    /// It is taken, and hardly does what was meant.
    Warning,
}

/// One finding.
///
/// Displayed on up to three lines: what, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// Whether it is refused.
    pub severity: Severity,
    /// The name of what is checked: `refused` for errors, else one of the warnings, such as `pointless-limit`.
    pub rule: &'static str,
    /// What, and where.
    #[serde(flatten)]
    pub problem: FileProblem,
    /// Why that is worth a word; always there in warnings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What to do about it; always there in warnings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The rules of the warnings.
pub const RULES: [&str; 9] = [
    "no-limit",
    "suspended",
    "shadow",
    "durable",
    "dimension",
    "few-sub-windows",
    "pointless-limit",
    "unreachable-match",
    "redundant-pattern",
];

impl Finding {
    /// Findings are told by file and place.
    pub(super) fn order(&self) -> (&PathBuf, Option<Spot>) {
        (&self.problem.file, self.problem.at)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        self.problem.place(f)?;
        write!(f, "{word}: {}", self.problem.words())?;
        if self.severity == Severity::Warning {
            write!(f, " [{}]", self.rule)?;
        }
        if let Some(why) = &self.why {
            write!(f, "\n  why: {why}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

/// All findings, by file and place, and how much was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many files there were, bad ones included.
    pub files: usize,
    /// How many tenants were in those that are good.
    pub tenants: usize,
}

impl Report {
    /// Leaves out the warnings of these [rules](RULES).
    pub fn allow<R: AsRef<str>>(&mut self, rules: &[R]) {
        let allowed = |rule: &str| rules.iter().any(|allowed| allowed.as_ref() == rule);
        self.findings
            .retain(|finding| finding.severity == Severity::Error || !allowed(finding.rule));
    }

    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many findings are warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning)
    }

    fn count(&self, severity: Severity) -> usize {
        let found = self.findings.iter();
        found.filter(|finding| finding.severity == severity).count()
    }
}

/// Every finding, and a last line that sums them up.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{finding}")?;
        }
        let count = |count: usize, word: &str| {
            let end = if count == 1 { "" } else { "s" };
            format!("{count} {word}{end}")
        };
        write!(
            f,
            "{} and {} in {} of {}",
            count(self.errors(), "error"),
            count(self.warnings(), "warning"),
            count(self.tenants, "tenant"),
            count(self.files, "file"),
        )
    }
}
