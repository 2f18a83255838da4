//! What became of the statements, by what there was in them.

use std::collections::BTreeMap;
use std::fmt;

use super::statement::Statement;
use super::trial::Trial;

/// Counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) statements: usize,
    pub(super) writes: usize,
    pub(super) held: usize,
    pub(super) refused: usize,
    pub(super) invalid: usize,
    pub(super) undecided: usize,
    /// Refused ones by reason and place, with one for an example.
    reasons: BTreeMap<String, (usize, String)>,
    /// Invalid ones by the first words of what the database said, with one for an example.
    failures: BTreeMap<String, (usize, String)>,
    /// Of each feature: statements that have it, and those of them that held.
    features: BTreeMap<&'static str, (usize, usize)>,
}

impl Tally {
    pub(super) fn count(&mut self, statement: &Statement, trial: &Trial) {
        self.statements += 1;
        self.writes += usize::from(statement.writes);
        let held = matches!(trial, Trial::Held);
        self.held += usize::from(held);
        for feature in &statement.features {
            let (had, right) = self.features.entry(feature).or_default();
            *had += 1;
            *right += usize::from(held);
        }
        match trial {
            Trial::Refused(refused) => {
                self.refused += 1;
                let at: String = refused.at().chars().take(40).collect();
                let reason = format!("{}, at: {at}", refused.reason());
                note(&mut self.reasons, reason, &statement.sql);
            }
            Trial::Invalid(failure) => {
                self.invalid += 1;
                note(&mut self.failures, gist(&failure.0), &statement.sql);
            }
            Trial::Undecided => self.undecided += 1,
            Trial::Held | Trial::Broken { .. } => {}
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.statements += other.statements;
        self.writes += other.writes;
        self.held += other.held;
        self.refused += other.refused;
        self.invalid += other.invalid;
        self.undecided += other.undecided;
        for (notes, others) in [
            (&mut self.reasons, other.reasons),
            (&mut self.failures, other.failures),
        ] {
            for (key, (count, example)) in others {
                notes.entry(key).or_insert((0, example)).0 += count;
            }
        }
        for (feature, (had, right)) in other.features {
            let (all_had, all_right) = self.features.entry(feature).or_default();
            *all_had += had;
            *all_right += right;
        }
    }

    /// How many of a hundred statements, rounded up.
    pub(super) fn percent(&self, count: usize) -> usize {
        (count * 100).div_ceil(self.statements.max(1))
    }

    /// The features of which no statement held.
    pub(super) fn never_held(&self) -> Vec<&'static str> {
        let never = self.features.iter().filter(|(_, (_, right))| *right == 0);
        never.map(|(feature, _)| *feature).collect()
    }
}

fn note(notes: &mut BTreeMap<String, (usize, String)>, key: String, example: &str) {
    let (count, shortest) = notes.entry(key).or_insert((0, example.to_owned()));
    *count += 1;
    if example.len() < shortest.len() {
        example.clone_into(shortest);
    }
}

/// What is said, without the names of what it is said of.
fn gist(failure: &str) -> String {
    let words = failure.split(|letter: char| !letter.is_alphabetic());
    let words: Vec<&str> = words.filter(|word| word.len() > 2).collect();
    words.into_iter().take(9).collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} statements ({} that write): {} held, {} refused, {} that the database itself does not run, {} to which it gives \
             several answers",
            self.statements, self.writes, self.held, self.refused, self.invalid, self.undecided
        )?;
        for (title, notes) in [("refused", &self.reasons), ("not run", &self.failures)] {
            let mut notes: Vec<_> = notes.iter().collect();
            notes.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
            for (key, (count, example)) in notes.into_iter().take(12) {
                writeln!(f, "  {title} {count}: {key}\n      {example}")?;
            }
        }
        for (feature, (had, right)) in &self.features {
            writeln!(f, "  {right:6} of {had:6} held: {feature}")?;
        }
        Ok(())
    }
}
