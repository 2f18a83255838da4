//! One statement on all databases of a world.

use std::collections::BTreeMap;

use tollgate_db::{Bind, Refused, Rewriter};

use super::database::{Database, Effect, Failure, Kept, Run};
use super::judge::{Verdict, judge};
use super::statement::Statement;
use super::world::Value;

/// What a rewriter makes of a statement.
#[derive(Debug, Clone)]
pub(super) struct Rewritten {
    pub(super) sql: String,
    pub(super) binds: Vec<Bind>,
}

/// A rewriter, or something that claims to be one.
pub(super) type Rewrite<'a> = dyn Fn(&str) -> Result<Rewritten, Refused> + 'a;

/// The rewriter under test.
pub(super) fn rewrite(rewriter: &Rewriter, sql: &str) -> Result<Rewritten, Refused> {
    let scoped = rewriter.rewrite_afresh(sql)?;
    Ok(Rewritten {
        sql: scoped.sql().to_string(),
        binds: scoped.binds().to_vec(),
    })
}

/// The databases of a world.
pub(super) struct Databases<D> {
    /// Everybody's.
    pub(super) all: D,
    /// Everybody's once more, where the database itself shows each tenant its own rows only.
    pub(super) policed: Option<D>,
    /// Each tenant's own.
    pub(super) own: BTreeMap<&'static str, D>,
    /// What everybody's holds.
    pub(super) before: Vec<Kept>,
}

/// How a statement fared.
#[derive(Debug, Clone)]
pub(super) enum Trial {
    /// The rewriter refused it.
    Refused(Refused),
    /// The database itself does not run what was written.
    Invalid(Failure),
    /// Everything was as on the tenant's own database.
    Held,
    /// It was by some plans of the database, and not by others: the database's own defect.
    Undecided,
    /// Something was not.
    Broken {
        rewritten: Option<Rewritten>,
        how: String,
    },
}

impl<D: Database> Databases<D> {
    /// Runs it everywhere and compares.
    pub(super) async fn trial(&mut self, statement: &Statement, rewrite: &Rewrite<'_>) -> Trial {
        let original = as_written(statement);
        let own = self
            .own
            .get_mut(statement.tenant)
            .unwrap()
            .effect(&original)
            .await;
        if let Some(policed) = &mut self.policed {
            let policed = policed.effect(&original).await;
            if let Verdict::Different(how) = judge(statement, &self.before, &policed, &own) {
                let how = format!("under row-level security, without the rewriter: {how}");
                return Trial::Broken {
                    rewritten: None,
                    how,
                };
            }
        }
        let rewritten = match (rewrite(&statement.sql), &own.outcome) {
            (Ok(rewritten), _) => rewritten,
            (Err(_), Err(failure)) => return Trial::Invalid(failure.clone()),
            (Err(refused), Ok(_)) => return Trial::Refused(refused),
        };
        self.compare(statement, rewritten, &own).await
    }

    async fn compare(
        &mut self,
        statement: &Statement,
        rewritten: Rewritten,
        own: &Effect,
    ) -> Trial {
        if let Some(how) = misbound(statement, &rewritten) {
            let rewritten = Some(rewritten);
            return Trial::Broken { rewritten, how };
        }
        let run = Run {
            sql: rewritten.sql.clone(),
            values: bound(statement, &rewritten),
            ..as_written(statement)
        };
        let all = self.all.effect(&run).await;
        match (judge(statement, &self.before, &all, own), &own.outcome) {
            (Verdict::Same, _) => Trial::Held,
            (Verdict::BothFailed, Err(failure)) => Trial::Invalid(failure.clone()),
            (Verdict::Different(how), _) => {
                if how.touches_others() || !self.agree_by_other_plans(statement, &run).await {
                    let rewritten = Some(rewritten);
                    let how = how.to_string();
                    return Trial::Broken { rewritten, how };
                }
                Trial::Undecided
            }
            (Verdict::BothFailed, Ok(_)) => unreachable!(),
        }
    }

    /// Whether the database by itself gives several answers to one statement, and of those some are the same.
    async fn agree_by_other_plans(&mut self, statement: &Statement, run: &Run) -> bool {
        let all = self.all.by_other_plans(run).await;
        let tenants = self.own.get_mut(statement.tenant).unwrap();
        let own = tenants.by_other_plans(&as_written(statement)).await;
        let same = |one: &Effect, other: &Effect| {
            judge(statement, &self.before, one, other) == Verdict::Same
        };
        all.iter().any(|all| own.iter().any(|own| same(all, own)))
    }
}

fn as_written(statement: &Statement) -> Run {
    Run {
        sql: statement.sql.clone(),
        values: statement.values.clone(),
        tenant: statement.tenant,
        writes: statement.writes,
        returns: !statement.writes || statement.features.contains("RETURNING"),
    }
}

/// The author's values must come in the author's order, each once.
fn misbound(statement: &Statement, rewritten: &Rewritten) -> Option<String> {
    let callers: Vec<usize> = rewritten
        .binds
        .iter()
        .filter_map(|bind| match bind {
            Bind::Caller(number) => Some(*number),
            Bind::Tenant => None,
        })
        .collect();
    let wanted: Vec<usize> = (1..=statement.values.len()).collect();
    (callers != wanted).then(|| format!("binds {:?}: not {wanted:?}", rewritten.binds))
}

fn bound(statement: &Statement, rewritten: &Rewritten) -> Vec<Value> {
    let value = |bind: &Bind| match bind {
        Bind::Caller(number) => statement.values[number - 1].clone(),
        Bind::Tenant => Value::Text(Some(statement.tenant.to_owned())),
    };
    rewritten.binds.iter().map(value).collect()
}
