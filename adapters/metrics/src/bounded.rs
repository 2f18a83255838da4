//! Words that become labels, first come, first served, up to a bound.

use crate::names::OTHER;

/// Words by number; those that come when there are enough share the number that stands for `other`.
#[derive(Debug)]
pub(crate) struct Words {
    most: usize,
    known: Vec<Box<str>>,
}

impl Words {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            known: Vec::new(),
        }
    }

    /// The word's number. The word `other` is one of the others.
    pub(crate) fn number(&mut self, word: &str) -> usize {
        if let Some(number) = self.known.iter().position(|known| **known == *word) {
            return number;
        }
        if self.known.len() >= self.most || word == OTHER {
            return self.most;
        }
        self.known.push(word.into());
        self.known.len() - 1
    }

    /// The label for this number.
    pub(crate) fn label(&self, number: usize) -> &str {
        self.known.get(number).map_or(OTHER, |word| word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_words_have_labels_and_the_rest_share_one() {
        let mut words = Words::new(2);
        let numbers = ["a", OTHER, "b", "c", "a", "d"].map(|word| words.number(word));
        let labels = numbers.map(|number| words.label(number));
        assert_eq!(labels, ["a", OTHER, "b", OTHER, "a", OTHER]);
        assert_eq!(words.known.len(), 2);
    }
}
