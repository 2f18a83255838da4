//! Whether what a statement did to everybody's database is what it does to the tenant's own.

use std::fmt;

use super::database::{Effect, Failure, Kept, Outcome};
use super::statement::Statement;

/// How a statement fared on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Both did the same.
    Same,
    /// Both refused to run it.
    BothFailed,
    /// They did not, and how.
    Different(Difference),
}

/// How two effects differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Difference {
    /// Rows of other tenants, or of nobody, are not what they were.
    Others(String),
    /// The tenant gets another answer, or has other rows afterwards.
    Own(String),
}

impl Difference {
    pub(super) fn touches_others(&self) -> bool {
        matches!(self, Self::Others(_))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Others(text) | Self::Own(text)) = self;
        f.write_str(text)
    }
}

/// Compares an effect on everybody's database with the one on the tenant's own. `before` is what everybody's tables
/// held.
pub(super) fn judge(statement: &Statement, before: &[Kept], all: &Effect, own: &Effect) -> Verdict {
    if statement.writes
        && let Some(difference) = kept_differ(statement.tenant, before, all, own)
    {
        return Verdict::Different(difference);
    }
    match (&all.outcome, &own.outcome) {
        (Ok(all), Ok(own)) => match outcomes_differ(statement.ordered, all, own) {
            Some(difference) => Verdict::Different(Difference::Own(difference)),
            None => Verdict::Same,
        },
        (Err(_), Err(_)) => Verdict::BothFailed,
        (Err(Failure(error)), Ok(_)) => {
            let how = format!("only everybody's database refuses it: {error}");
            Verdict::Different(Difference::Own(how))
        }
        (Ok(_), Err(Failure(error))) => {
            let how = format!("only the tenant's own database refuses it: {error}");
            Verdict::Different(Difference::Own(how))
        }
    }
}

fn kept_differ(tenant: &str, before: &[Kept], all: &Effect, own: &Effect) -> Option<Difference> {
    let others = |kept: &&Kept| kept.owner.as_deref() != Some(tenant);
    let untouched: Vec<&Kept> = before.iter().filter(others).collect();
    let after: Vec<&Kept> = all.after.iter().filter(others).collect();
    if untouched != after {
        return Some(Difference::Others(format!(
            "rows of others changed:\n  before {}\n  after  {}",
            only_in(&untouched, &after),
            only_in(&after, &untouched)
        )));
    }
    let mine = |kept: &&Kept| kept.owner.as_deref() == Some(tenant);
    let here: Vec<&Kept> = all.after.iter().filter(mine).collect();
    let there: Vec<&Kept> = own.after.iter().filter(mine).collect();
    (here != there).then(|| {
        Difference::Own(format!(
            "the tenant's rows differ:\n  everybody's database {}\n  its own database     {}",
            only_in(&here, &there),
            only_in(&there, &here)
        ))
    })
}

/// Those of one list that the other lacks.
fn only_in(these: &[&Kept], those: &[&Kept]) -> String {
    let lacking: Vec<String> = these
        .iter()
        .filter(|kept| !those.contains(kept))
        .map(|kept| format!("{}: {}", kept.table, kept.values))
        .collect();
    format!("{lacking:?}")
}

fn outcomes_differ(ordered: bool, all: &Outcome, own: &Outcome) -> Option<String> {
    if all.changed != own.changed {
        return Some(format!("{} rows changed, not {}", all.changed, own.changed));
    }
    let (mut here, mut there) = (all.rows.clone(), own.rows.clone());
    if !ordered {
        here.sort();
        there.sort();
    }
    (here != there).then(|| {
        format!("rows differ:\n  everybody's database {here:?}\n  its own database     {there:?}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::world::Value;

    fn statement(ordered: bool, writes: bool) -> Statement {
        Statement {
            sql: String::new(),
            values: vec![Value::Int(None)],
            tenant: "acme",
            ordered,
            writes,
            features: std::collections::BTreeSet::new(),
        }
    }

    fn rows(rows: &[&str]) -> Effect {
        let rows = rows.iter().map(|row| vec![(*row).to_owned()]).collect();
        Effect {
            outcome: Ok(Outcome { rows, changed: 0 }),
            after: Vec::new(),
        }
    }

    fn kept(owner: &str, values: &str) -> Kept {
        Kept {
            table: "0".to_owned(),
            owner: Some(owner.to_owned()),
            values: values.to_owned(),
        }
    }

    #[test]
    fn order_counts_only_where_it_is_determined() {
        let (one, other) = (rows(&["a", "b"]), rows(&["b", "a"]));
        assert_eq!(
            judge(&statement(false, false), &[], &one, &other),
            Verdict::Same
        );
        let verdict = judge(&statement(true, false), &[], &one, &other);
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
    }

    #[test]
    fn one_row_more_is_a_difference() {
        let verdict = judge(
            &statement(false, false),
            &[],
            &rows(&["a", "a"]),
            &rows(&["a"]),
        );
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
    }

    #[test]
    fn a_changed_row_of_another_tenant_is_a_difference() {
        let before = [kept("ACME", "1"), kept("acme", "1")];
        let mut all = rows(&[]);
        all.after = vec![kept("ACME", "2"), kept("acme", "1")];
        let mut own = rows(&[]);
        own.after = vec![kept("acme", "1")];
        let verdict = judge(&statement(false, true), &before, &all, &own);
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
        all.after = before.to_vec();
        let verdict = judge(&statement(false, true), &before, &all, &own);
        assert_eq!(verdict, Verdict::Same);
    }

    #[test]
    fn what_only_one_side_refuses_is_a_difference() {
        let refused = Effect {
            outcome: Err(Failure("no".to_owned())),
            after: Vec::new(),
        };
        let verdict = judge(&statement(false, false), &[], &refused, &rows(&[]));
        assert!(matches!(verdict, Verdict::Different(_)), "{verdict:?}");
        let verdict = judge(&statement(false, false), &[], &refused, &refused);
        assert_eq!(verdict, Verdict::BothFailed);
    }
}
