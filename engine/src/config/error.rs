//! What is wrong with a config: every problem at once, each with tenant, limit, field and value.

use std::fmt;

use serde::Serialize;

/// The longest value that a message quotes, in characters.
const MAX_SHOWN: usize = 60;

/// One problem of a config.
///
/// Displayed on one line: `tenant acme: limit burst: window "0s": must be > 0`. All parts are
/// escaped and shortened, so that a message is fit for a log whatever the config holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigError {
    /// The tenant, or `#3` for the third of a file if it names itself not; empty if none is meant.
    pub tenant: String,
    /// The limit, or `#3` for the tenant's third if it has no name; `None` outside limits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// The place of that limit in `quota.limits`, from 0, where it is known: a name may stand there twice, or not at all.
    #[serde(skip)]
    pub limit_at: Option<usize>,
    /// The field: `window`, `quota.requests_per_minute`, `policy.allowed_paths[2]`.
    pub field: String,
    /// What was found there; empty if nothing was.
    pub value: String,
    /// What must hold, with the bound.
    pub problem: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tenant.is_empty() {
            write!(f, "tenant {}: ", self.tenant)?;
        }
        if let Some(limit) = &self.limit {
            write!(f, "limit {limit}: ")?;
        }
        f.write_str(&self.field)?;
        if !self.value.is_empty() {
            write!(f, " {}", self.value)?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Why a config was refused: all of its problems, and at least one.
///
/// Displayed one a line, in the order in which the config has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfigErrors(Box<[ConfigError]>);

impl ConfigErrors {
    /// The problems, in the order in which the config has them.
    pub fn iter(&self) -> std::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }
}

impl<'e> IntoIterator for &'e ConfigErrors {
    type Item = &'e ConfigError;
    type IntoIter = std::slice::Iter<'e, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for error in self {
            write!(f, "{gap}{error}")?;
            gap = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The problems found so far, and the tenant and limit that the next ones belong to.
#[derive(Debug)]
pub(super) struct Problems {
    found: Vec<ConfigError>,
    tenant: String,
    limit: Option<String>,
    limit_at: Option<usize>,
}

impl Problems {
    pub(super) fn new() -> Self {
        Self {
            found: Vec::new(),
            tenant: String::new(),
            limit: None,
            limit_at: None,
        }
    }

    /// What is reported from here on belongs to this tenant.
    pub(super) fn enter_tenant(&mut self, tenant: &str) {
        self.tenant = label(tenant);
        self.leave_limit();
    }

    /// What is reported from here on belongs to the file as a whole.
    pub(super) fn leave_tenant(&mut self) {
        self.tenant = String::new();
        self.leave_limit();
    }

    /// What is reported from here on, of a limit, belongs to that in this place of the config's list.
    pub(super) fn at_limit(&mut self, place: usize) {
        self.limit_at = Some(place);
    }

    /// What is reported from here on belongs to this limit.
    pub(super) fn enter_limit(&mut self, limit: &str) {
        self.limit = Some(label(limit));
    }

    /// What is reported from here on belongs to the tenant as a whole.
    pub(super) fn leave_limit(&mut self) {
        self.limit = None;
        self.limit_at = None;
    }

    /// Adds a problem; `value` is shortened here and escaped by the caller (see [`quoted`]).
    pub(super) fn report(&mut self, field: &str, value: &str, problem: impl Into<String>) {
        self.found.push(ConfigError {
            tenant: self.tenant.clone(),
            limit: self.limit.clone(),
            limit_at: self.limit_at,
            field: shortened(field),
            value: shortened(value),
            problem: problem.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// `value` if there was no problem.
    pub(super) fn into_result<T>(self, value: T) -> Result<T, ConfigErrors> {
        match self.into_errors() {
            None => Ok(value),
            Some(errors) => Err(errors),
        }
    }

    /// The problems of something that could not be read at all.
    pub(super) fn into_at_least_one(mut self) -> ConfigErrors {
        if self.found.is_empty() {
            self.report("config", "", "must be readable");
        }
        ConfigErrors(self.found.into())
    }

    fn into_errors(self) -> Option<ConfigErrors> {
        (!self.found.is_empty()).then(|| ConfigErrors(self.found.into()))
    }
}

/// Text as a message shows it: in quotes, escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// A name as a message shows it: as it is if it is plain, else in quotes, escaped.
pub(super) fn label(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b':');
    if !name.is_empty() && name.bytes().all(plain) {
        shortened(name)
    } else {
        shortened(&quoted(name))
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        None => text.to_owned(),
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_tenant_limit_field_value_and_bound() {
        let mut problems = Problems::new();
        problems.enter_tenant("acme");
        problems.enter_limit("burst");
        problems.report("window", &quoted("0s"), "must be > 0");
        problems.leave_limit();
        problems.report("tenant_id", "", "must be given");
        assert_eq!(
            problems.into_errors().unwrap().to_string(),
            "tenant acme: limit burst: window \"0s\": must be > 0\n\
             tenant acme: tenant_id: must be given"
        );
    }

    #[test]
    fn hostile_text_can_neither_break_the_line_nor_flood_the_log() {
        let mut problems = Problems::new();
        problems.enter_tenant("a\nb");
        problems.report("x", &quoted(&"\u{1b}é".repeat(1_000)), "no");
        let text = problems.into_errors().unwrap().to_string();
        assert!(text.starts_with(r#"tenant "a\nb": x "\u{1b}é"#), "{text}");
        assert!(text.chars().all(|char| !char.is_control()) && text.chars().count() < 100);
    }

    #[test]
    fn no_problem_is_no_error() {
        assert_eq!(Problems::new().into_result(7), Ok(7));
    }
}
