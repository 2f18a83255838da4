//! The parameters of a query, each checked, and every wrong one told of.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::problem::{FieldError, Problem};

/// What a query has that nobody has asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Params {
    given: Vec<(String, String)>,
    known: Vec<Cow<'static, str>>,
    errors: Vec<FieldError>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let given = form_urlencoded::parse(query.as_bytes());
        Ok(Self {
            given: given.into_owned().collect(),
            ..Self::default()
        })
    }
}

impl Params {
    /// Its text, if it is given once.
    pub(crate) fn text(&mut self, name: impl Into<Cow<'static, str>>) -> Option<String> {
        let name = name.into();
        self.known.push(name.clone());
        let mut given = self.given.extract_if(.., |(known, _)| *known == name);
        let (_, first) = given.next()?;
        let again: Vec<_> = given.collect();
        for (_, value) in again {
            self.report(&name, value, "given more than once");
        }
        Some(first)
    }

    /// Its value, if it is given and right.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(problem) => {
                let problem = format!("{problem}");
                self.report(name, text, problem);
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(crate) fn whole(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        least: u64,
        most: u64,
    ) -> Option<u64> {
        let name = name.into();
        let text = self.text(name.clone())?;
        let value = text
            .parse()
            .ok()
            .filter(|value| (least..=most).contains(value));
        if value.is_none() {
            let detail = format!("must be a whole number from {least} to {most}");
            self.report(&name, text, detail);
        }
        value
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        let found = words.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.report(name, text, format!("must be one of {}", words.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// Says that something is wrong with a parameter.
    pub(crate) fn report(&mut self, name: &str, value: String, detail: impl Into<String>) {
        self.errors
            .push(FieldError::new(name, Some(value.into()), detail));
    }

    /// Whether all were right, and none is left that nobody asked for.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        for (name, value) in std::mem::take(&mut self.given) {
            let detail = match self.known.as_slice() {
                [] => "unknown parameter; there are none".to_owned(),
                known => format!("unknown parameter; the parameters are {}", known.join(", ")),
            };
            self.report(&name, value, detail);
        }
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(Problem::invalid(self.errors))
    }
}
