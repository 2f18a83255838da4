//! Versions as entity tags, and conditions on them.

use axum::extract::FromRequestParts;
use http::HeaderValue;
use http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http::{HeaderMap, StatusCode};

use crate::problem::Problem;

/// The tag of a version: `"v7"`.
pub(crate) fn tag(version: u64) -> HeaderValue {
    let text = format!("\"v{version}\"");
    // Digits between quotes are fit for a header.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("\"v0\""))
}

/// On what condition something is wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// `If-Match`.
    matches: Option<Tags>,
    /// `If-None-Match`.
    none_matches: Option<Tags>,
}

#[derive(Debug, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever version there is.
    Any,
    These(Vec<Tag>),
}

#[derive(Debug, PartialEq, Eq)]
struct Tag {
    weak: bool,
    /// `None` if it is no version's.
    version: Option<u64>,
}

impl<S: Send + Sync> FromRequestParts<S> for Conditions {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            matches: tags(&parts.headers, &IF_MATCH)?,
            none_matches: tags(&parts.headers, &IF_NONE_MATCH)?,
        })
    }
}

impl Conditions {
    /// Whether a write says which version it is for, or that any will do.
    pub(crate) fn names_a_version(&self) -> bool {
        self.matches.is_some()
    }

    /// Whether a write may be done to what is at this version; `None`: there is nothing.
    pub(crate) fn allow(&self, version: Option<u64>) -> Result<(), Problem> {
        let matches = match (&self.matches, version) {
            (None, _) | (Some(Tags::Any), Some(_)) => true,
            (Some(_), None) => false,
            // Strong comparison: a weak tag is equal to none.
            (Some(Tags::These(tags)), Some(version)) => tags
                .iter()
                .any(|tag| !tag.weak && tag.version == Some(version)),
        };
        if matches && !self.is_known(version) {
            return Ok(());
        }
        let found = version.map_or("there is no such tenant".to_owned(), |version| {
            format!("the tenant is at version {version}")
        });
        let problem = Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "precondition-failed",
            format!("{found}: read it again"),
        );
        Err(match version {
            Some(version) => problem.with_header(http::header::ETAG, tag(version)),
            None => problem,
        })
    }

    /// Whether a reader has this version already.
    pub(crate) fn is_known(&self, version: Option<u64>) -> bool {
        match (&self.none_matches, version) {
            (None, _) | (Some(_), None) => false,
            (Some(Tags::Any), Some(_)) => true,
            (Some(Tags::These(tags)), Some(version)) => {
                tags.iter().any(|tag| tag.version == Some(version))
            }
        }
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName) -> Result<Option<Tags>, Problem> {
    let mut found = Vec::new();
    let mut any = false;
    for value in headers.get_all(name) {
        let wrong =
            || Problem::bad_request(format!("{name} must be * or a list of tags such as \"v7\""));
        let text = value.to_str().map_err(|_| wrong())?;
        for part in text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            if part == "*" {
                any = true;
                continue;
            }
            found.push(read(part).ok_or_else(wrong)?);
        }
    }
    if any {
        return Ok(Some(Tags::Any));
    }
    Ok((headers.contains_key(name)).then_some(Tags::These(found)))
}

fn read(text: &str) -> Option<Tag> {
    let (weak, text) = match text.strip_prefix("W/") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('"') {
        return None;
    }
    let version = inner
        .strip_prefix('v')
        .and_then(|digits| digits.parse().ok());
    // One spelling: "v07" and "v+7" are somebody else's.
    let version = version.filter(|version: &u64| inner == format!("v{version}"));
    Some(Tag { weak, version })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conditions(name: &HeaderName, values: &[&str]) -> Result<Conditions, Problem> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        Ok(Conditions {
            matches: tags(&headers, &IF_MATCH)?,
            none_matches: tags(&headers, &IF_NONE_MATCH)?,
        })
    }

    #[test]
    fn a_write_is_for_the_versions_that_it_names() {
        let allows = |values: &[&str], version| {
            let conditions = conditions(&IF_MATCH, values).unwrap();
            conditions.allow(version).is_ok()
        };
        assert!(allows(&[], None) && allows(&[], Some(7)));
        assert!(allows(&["*"], Some(7)) && !allows(&["*"], None));
        assert!(allows(&["\"v6\", \"v7\""], Some(7)) && allows(&["\"v6\"", "\"v7\""], Some(7)));
        for other in ["\"v6\"", "W/\"v7\"", "\"7\"", "\"v07\"", "\"\"", ""] {
            assert!(!allows(&[other], Some(7)), "{other}");
            assert!(!allows(&[other], None), "{other}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for wrong in ["v7", "7", "\"v7", "v7\"", "\"v7\" \"v8\"", "w/\"v7\"", "**"] {
            assert!(conditions(&IF_MATCH, &[wrong]).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_reader_has_what_it_names_weakly_too() {
        let knows = |value: &str| {
            let conditions = conditions(&IF_NONE_MATCH, &[value]).unwrap();
            conditions.is_known(Some(7))
        };
        assert!(knows("\"v7\"") && knows("W/\"v7\"") && knows("*") && knows("\"v6\",\"v7\""));
        assert!(!knows("\"v6\"") && !knows("\"x\""));
    }
}
