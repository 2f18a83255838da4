//! What to do about an error: which word was meant.

use crate::check::finding::{Finding, Severity};
use crate::file::FileProblem;

/// How alike two words must be, from 0 to 1, for one to be taken for the other mistyped.
const ALIKE: f64 = 0.8;

/// An error, with advice if there is any; `ids` are the tenants that there are.
pub(super) fn error(problem: FileProblem, ids: &[&str]) -> Finding {
    let help = meant(&problem, ids).map(|word| format!("did you mean {word}?"));
    Finding {
        severity: Severity::Error,
        rule: "refused",
        problem,
        why: None,
        help,
    }
}

fn meant<'p>(problem: &'p FileProblem, ids: &[&'p str]) -> Option<&'p str> {
    let words = problem.problem.as_str();
    if let Some(fields) = words.strip_prefix("unknown field; the fields are ") {
        let field = problem.field.rsplit('.').next()?;
        return most_alike(field, fields.split(", "));
    }
    let value = problem.value.trim_matches('"');
    if let Some(choice) = words.strip_prefix("must be one of ") {
        let choice = choice.split(" for ").next()?;
        return most_alike(value, choice.split(", "));
    }
    if words == "must be a tenant of the same set" {
        let own = |id: &&&str| **id == problem.tenant;
        return most_alike(value, ids.iter().filter(|id| !own(id)).copied());
    }
    None
}

fn most_alike<'w>(given: &str, words: impl Iterator<Item = &'w str>) -> Option<&'w str> {
    let likeness = |word: &str| strsim::jaro_winkler(&given.to_lowercase(), &word.to_lowercase());
    let rated = words.map(|word| (likeness(word), word));
    let best = rated.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= ALIKE)
        .map(|(_, word)| word)
}
