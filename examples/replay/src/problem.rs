//! What is wrong with what the user gave, and where: one line a problem, each with its place.

use std::error::Error;
use std::fmt;

/// How much of a value a message quotes, in characters.
const MOST_SHOWN: usize = 60;

/// Problems of one place, a line of the log or a file: `line 17: t_ms -1: must be …`.
#[derive(Debug)]
pub(crate) struct Problem {
    place: String,
    problems: String,
}

impl Problem {
    /// Of a file.
    pub(crate) fn of_file(path: &std::path::Path, problems: impl fmt::Display) -> Self {
        Self {
            place: path.display().to_string(),
            problems: problems.to_string(),
        }
    }

    /// Of a line of the log, counted from 1.
    pub(crate) fn of_line(number: u64, problems: impl fmt::Display) -> Self {
        Self {
            place: format!("line {number}"),
            problems: problems.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut gap = "";
        for problem in self.problems.lines() {
            write!(f, "{gap}{}: {problem}", self.place)?;
            gap = "\n";
        }
        Ok(())
    }
}

impl Error for Problem {}

/// A field, what was found there, and what must hold: `cost.tokens -5: must be …`.
pub(crate) fn wrong(field: &str, found: &str, bound: impl fmt::Display) -> String {
    // Raw JSON may have line breaks between its parts.
    let mut shown: String = found
        .chars()
        .take(MOST_SHOWN)
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if found.chars().nth(MOST_SHOWN).is_some() {
        shown.push('…');
    }
    format!("{field} {shown}: {bound}")
}

/// What `serde_json` says, without the line, which is always its first and not ours.
pub(crate) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_names_its_place() {
        let problem = Problem::of_line(17, "a\nb");
        assert_eq!(problem.to_string(), "line 17: a\nline 17: b");
    }

    #[test]
    fn a_long_value_does_not_flood_the_terminal() {
        let text = wrong("model", &"é\n".repeat(1_000), "no");
        assert!(
            text.chars().count() < 80 && text.lines().count() == 1,
            "{text}"
        );
    }
}
