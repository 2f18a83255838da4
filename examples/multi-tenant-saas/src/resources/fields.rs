//! What clients send, checked before anything is done with it.

use std::collections::HashSet;

use serde::Deserialize;
use uuid::Uuid;

use super::Status;
use crate::problem::Problem;

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;
const MOST_RELATED: usize = 50;
const USUAL_PAGE: u16 = 50;
const LARGEST_PAGE: u16 = 200;

/// A resource to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewResource {
    pub(super) name: String,
    #[serde(default)]
    pub(super) status: Status,
    /// Other resources, by id.
    #[serde(default)]
    pub(super) related: Vec<String>,
}

impl NewResource {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let len = self.name.chars().count();
        if !(1..=LONGEST_NAME).contains(&len) {
            return Err(Problem::invalid(format!(
                "name: must have 1 to {LONGEST_NAME} characters, this one has {len}"
            )));
        }
        if self.name.chars().any(char::is_control) {
            return Err(Problem::invalid("name: must have no control characters"));
        }
        self.check_related()
    }

    fn check_related(&self) -> Result<(), Problem> {
        let given = self.related.len();
        if given > MOST_RELATED {
            let detail = format!("related: must be {MOST_RELATED} at most, these are {given}");
            return Err(Problem::invalid(detail));
        }
        let mut known = HashSet::new();
        for related in &self.related {
            if id(related).is_none() {
                return Err(Problem::invalid("related: each must be an id"));
            }
            if !known.insert(related) {
                let detail = format!("related: {related} is there twice");
                return Err(Problem::invalid(detail));
            }
        }
        Ok(())
    }
}

/// Which resources to list.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    pub(super) status: Option<Status>,
    after: Option<String>,
    limit: Option<u16>,
}

impl Filter {
    pub(super) fn paging(&self) -> Result<Paging, Problem> {
        let after = self.after.as_deref().unwrap_or_default();
        if !after.is_empty() {
            id(after).ok_or_else(|| Problem::invalid("after: must be an id"))?;
        }
        Paging::new(after.to_owned(), self.limit)
    }
}

/// A part of a list: so many, behind this one.
#[derive(Debug)]
pub(crate) struct Paging {
    pub(crate) after: String,
    limit: u16,
}

impl Paging {
    pub(crate) fn new(after: String, limit: Option<u16>) -> Result<Self, Problem> {
        let limit = limit.unwrap_or(USUAL_PAGE);
        if !(1..=LARGEST_PAGE).contains(&limit) {
            return Err(Problem::invalid(format!(
                "limit: must be 1 to {LARGEST_PAGE}, this is {limit}"
            )));
        }
        Ok(Self { after, limit })
    }

    /// One more than was asked for, which tells whether there is more.
    pub(crate) fn ask_for(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// What was asked for, and where the next page begins behind.
    pub(crate) fn cut<T>(
        &self,
        mut rows: Vec<T>,
        cursor: impl Fn(&T) -> String,
    ) -> (Vec<T>, Option<String>) {
        let more = rows.len() > usize::from(self.limit);
        rows.truncate(usize::from(self.limit));
        let next = rows.last().filter(|_| more).map(cursor);
        (rows, next)
    }
}

/// An id as it is kept, if this is one: nothing else needs to be looked up.
pub(super) fn id(text: &str) -> Option<String> {
    let id = Uuid::try_parse(text).ok()?.hyphenated().to_string();
    (id == text).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_the_next_one_begins() {
        let paging = Paging::new(String::new(), Some(2)).unwrap();
        assert_eq!(paging.ask_for(), 3);
        let (rows, next) = paging.cut(vec![1, 2, 3], ToString::to_string);
        assert_eq!((rows, next), (vec![1, 2], Some("2".to_owned())));
        let (rows, next) = paging.cut(vec![1, 2], ToString::to_string);
        assert_eq!((rows, next), (vec![1, 2], None));
    }

    #[test]
    fn ids_are_taken_in_one_form_only() {
        let known = "0198c0de-0000-7000-8000-0123456789ab";
        assert_eq!(id(known).as_deref(), Some(known));
        for odd in [
            "",
            "1",
            "\0",
            &known.to_uppercase(),
            &known.replace('-', ""),
        ] {
            assert_eq!(id(odd), None, "{odd:?}");
        }
    }
}
