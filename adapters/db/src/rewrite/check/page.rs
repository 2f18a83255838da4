//! A printed statement as its lexemes, and what they can mean by themselves.

use crate::schema::Access;
use crate::{Dialect, Reason, Refused};

use super::super::compiled::Compiled;
use super::super::text::{Lexeme, Shape};

/// The lexemes of a statement, brackets matched.
#[derive(Debug)]
pub(super) struct Page<'c, 't> {
    lexemes: &'c [Lexeme<'t>],
    /// Where the bracket ends that begins at an index.
    ends: Vec<usize>,
    schema: &'c Compiled,
    tenant: &'c str,
}

/// A name in the text: which lexemes, and what is declared under it.
#[derive(Debug)]
pub(super) struct Named<'c> {
    /// The index of its last part.
    pub(super) last: usize,
    /// Whether it has no schema before it.
    pub(super) bare: bool,
    /// What the schema says.
    pub(super) access: Option<&'c Access>,
}

impl<'c, 't> Page<'c, 't> {
    /// # Errors
    /// If the brackets don't match.
    pub(super) fn new(
        lexemes: &'c [Lexeme<'t>],
        schema: &'c Compiled,
        tenant: &'c str,
    ) -> Result<Self, Refused> {
        let mut ends = vec![usize::MAX; lexemes.len()];
        let mut open = Vec::new();
        for (index, lexeme) in lexemes.iter().enumerate() {
            if lexeme.shape != Shape::Mark {
                continue;
            }
            if matches!(lexeme.text, "(" | "[") {
                open.push((index, lexeme.text));
            } else if matches!(lexeme.text, ")" | "]") {
                let begin = if lexeme.text == ")" { "(" } else { "[" };
                match open.pop() {
                    Some((index_of, mark)) if mark == begin => {
                        if let Some(end) = ends.get_mut(index_of) {
                            *end = index;
                        }
                    }
                    _ => return Err(Refused::new(Reason::Unverified, lexeme.text)),
                }
            }
        }
        if let Some((_, mark)) = open.pop() {
            return Err(Refused::new(Reason::Unverified, mark));
        }
        Ok(Self {
            lexemes,
            ends,
            schema,
            tenant,
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.schema.dialect()
    }

    pub(super) fn len(&self) -> usize {
        self.lexemes.len()
    }

    pub(super) fn at(&self, index: usize) -> Option<&Lexeme<'t>> {
        self.lexemes.get(index)
    }

    /// Whether the keyword `word` stands there, not a name.
    pub(super) fn word(&self, index: usize, word: &str) -> bool {
        self.at(index).is_some_and(|lexeme| {
            lexeme.shape == Shape::Word && lexeme.text.eq_ignore_ascii_case(word)
        })
    }

    /// Whether one of the keywords stands there.
    pub(super) fn any_word(&self, index: usize, words: &[&str]) -> bool {
        words.iter().any(|word| self.word(index, word))
    }

    pub(super) fn mark(&self, index: usize, mark: &str) -> bool {
        self.at(index)
            .is_some_and(|lexeme| lexeme.shape == Shape::Mark && lexeme.text == mark)
    }

    /// Whether a name can stand there, quoted or not.
    pub(super) fn is_name(&self, index: usize) -> bool {
        self.at(index)
            .is_some_and(|lexeme| matches!(lexeme.shape, Shape::Word | Shape::Name))
    }

    pub(super) fn is_tenant(&self, index: usize) -> bool {
        self.at(index)
            .is_some_and(|lexeme| lexeme.shape == Shape::Placeholder && lexeme.text == self.tenant)
    }

    /// Where the bracket ends that begins at `index`.
    pub(super) fn end_of(&self, index: usize) -> Option<usize> {
        self.ends
            .get(index)
            .copied()
            .filter(|end| *end != usize::MAX)
    }

    /// Whether two lexemes are the same name, letter by letter.
    pub(super) fn same(&self, left: usize, right: usize) -> bool {
        match (self.at(left), self.at(right)) {
            (Some(left), Some(right)) => left.shape == right.shape && left.text == right.text,
            _ => false,
        }
    }

    /// The name there as the catalog would hold it.
    pub(super) fn folded(&self, index: usize) -> Option<String> {
        let lexeme = self.at(index)?;
        match (self.dialect(), lexeme.shape) {
            (Dialect::PostgreSql, Shape::Name) | (Dialect::MySql, Shape::Word | Shape::Name) => {
                Some(lexeme.text.to_owned())
            }
            (Dialect::PostgreSql, Shape::Word) | (Dialect::Sqlite, Shape::Word | Shape::Name) => {
                Some(lexeme.text.to_ascii_lowercase())
            }
            (_, Shape::String | Shape::Number | Shape::Placeholder | Shape::Mark) => None,
        }
    }

    /// Whether the name there is the declared column, without a doubt.
    pub(super) fn is_column(&self, index: usize, column: &str) -> bool {
        let Some(lexeme) = self.at(index) else {
            return false;
        };
        match (self.dialect(), lexeme.shape) {
            (Dialect::PostgreSql, Shape::Name) => lexeme.text == column,
            (Dialect::PostgreSql, Shape::Word) => lexeme.text.to_ascii_lowercase() == column,
            (Dialect::Sqlite | Dialect::MySql, Shape::Word | Shape::Name) => {
                lexeme.text.eq_ignore_ascii_case(column)
            }
            (_, Shape::String | Shape::Number | Shape::Placeholder | Shape::Mark) => false,
        }
    }

    /// Whether the name there could be the declared column, by any rule.
    pub(super) fn may_be_column(&self, index: usize, column: &str) -> bool {
        self.is_name(index)
            && self.at(index).is_some_and(|lexeme| {
                lexeme.text.eq_ignore_ascii_case(column)
                    || (self.dialect() == Dialect::MySql && !lexeme.text.is_ascii())
            })
    }

    /// The name of one or two parts that begins at `index`.
    pub(super) fn named(&self, index: usize) -> Option<Named<'c>> {
        if !self.is_name(index) {
            return None;
        }
        let dot = index.saturating_add(1);
        let first = self.folded(index)?;
        if !self.mark(dot, ".") {
            return Some(Named {
                last: index,
                bare: true,
                access: self.schema.access(None, &first),
            });
        }
        let last = dot.saturating_add(1);
        let table = self.folded(last)?;
        if self.mark(last.saturating_add(1), ".") {
            return None;
        }
        Some(Named {
            last,
            bare: false,
            access: self.schema.access(Some(&first), &table),
        })
    }

    pub(super) fn unverified(&self, index: usize) -> Refused {
        let at = self.at(index).map_or("the end", |lexeme| lexeme.text);
        Refused::new(Reason::Unverified, at)
    }
}
