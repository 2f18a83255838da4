//! How an attempt is written down, and how it is held to what it says.

use tollgate_db::{Dialect, Reason, Scoped};

use crate::world::answer::Answer;
use crate::world::{Value, rewriter};

/// A statement, the values that the caller binds, and what must come of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) sql: &'static str,
    pub(crate) values: &'static [Value],
    pub(crate) outcome: Outcome,
}

/// What must come of a statement.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// It is refused, for one of these reasons.
    Refused(&'static [Why]),
    /// It is run, and returns these rows in any order, each with its cells joined by `|`.
    Sees(&'static [&'static str]),
    /// It is run, returns nothing, and leaves acme's resources so: `id name status qty`.
    Leaves(&'static [&'static str]),
    /// The database refuses it.
    Fails,
    /// It is refused, or run without telling or touching anything of the others.
    Harmless,
}

/// The kinds of [`Reason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Syntax,
    TooMuch,
    Statements,
    Statement,
    Relation,
    Clause,
    Expression,
    Function,
    Type,
    SystemColumn,
    TenantColumn,
    InsertColumns,
    Upsert,
    SharedWrite,
    Placeholder,
}

impl Why {
    /// `None` for one that no statement may cause: a defect.
    pub(crate) fn of(reason: &Reason) -> Option<Self> {
        Some(match reason {
            Reason::Syntax(_) => Self::Syntax,
            Reason::TooMuch { .. } => Self::TooMuch,
            Reason::Statements(_) => Self::Statements,
            Reason::Statement => Self::Statement,
            Reason::Relation => Self::Relation,
            Reason::Clause => Self::Clause,
            Reason::Expression => Self::Expression,
            Reason::Function => Self::Function,
            Reason::Type => Self::Type,
            Reason::SystemColumn => Self::SystemColumn,
            Reason::TenantColumn => Self::TenantColumn,
            Reason::InsertColumns => Self::InsertColumns,
            Reason::Upsert => Self::Upsert,
            Reason::SharedWrite => Self::SharedWrite,
            Reason::Placeholder => Self::Placeholder,
            Reason::Unverified | Reason::Failed(_) => return None,
            other => panic!("a reason that the corpus does not know: {other}"),
        })
    }
}

/// Acme tries this.
pub(crate) const fn acme(sql: &'static str) -> Attack {
    Attack {
        sql,
        values: &[],
        outcome: Outcome::Harmless,
    }
}

impl Attack {
    pub(crate) const fn with(self, values: &'static [Value]) -> Self {
        Self { values, ..self }
    }

    pub(crate) const fn is_refused(self, reasons: &'static [Why]) -> Self {
        Self {
            outcome: Outcome::Refused(reasons),
            ..self
        }
    }

    pub(crate) const fn sees(self, rows: &'static [&'static str]) -> Self {
        Self {
            outcome: Outcome::Sees(rows),
            ..self
        }
    }

    pub(crate) const fn leaves(self, rows: &'static [&'static str]) -> Self {
        Self {
            outcome: Outcome::Leaves(rows),
            ..self
        }
    }

    pub(crate) const fn fails(self) -> Self {
        Self {
            outcome: Outcome::Fails,
            ..self
        }
    }

    /// Runs it where `ask` does, and holds it to what it says.
    fn hold(&self, dialect: Dialect, ask: impl FnOnce(&Scoped, &[Value]) -> [Answer; 2]) {
        if let Some(scoped) = self.scoped(dialect) {
            self.compare(&scoped, ask(&scoped, self.values));
        }
    }

    /// What it became, if it has to become anything.
    fn scoped(&self, dialect: Dialect) -> Option<Scoped> {
        let scoped = match (rewriter(dialect).rewrite_afresh(self.sql), self.outcome) {
            (Err(refused), Outcome::Refused(reasons)) => {
                let why = Why::of(refused.reason());
                assert!(
                    why.is_some_and(|why| reasons.contains(&why)),
                    "{}\nis refused for another reason than {reasons:?}: {refused}",
                    self.sql
                );
                return None;
            }
            (Err(refused), Outcome::Harmless) => {
                assert_ne!(Why::of(refused.reason()), None, "{}\n{refused}", self.sql);
                return None;
            }
            (Err(refused), outcome) => {
                panic!(
                    "{}\nmust be {outcome:?}, and is not run: {refused}",
                    self.sql
                )
            }
            (Ok(scoped), Outcome::Refused(reasons)) => {
                panic!(
                    "{}\nmust be refused ({reasons:?}), and became\n{}",
                    self.sql,
                    scoped.sql()
                )
            }
            (Ok(scoped), _) => scoped,
        };
        assert_eq!(
            scoped.callers(),
            self.values.len(),
            "{}",
            self.shown(&scoped)
        );
        Some(scoped)
    }

    fn shown(&self, scoped: &Scoped) -> String {
        format!(
            "{}\nbecame\n{}\n{:?}",
            self.sql,
            scoped.sql(),
            scoped.binds()
        )
    }

    fn compare(&self, scoped: &Scoped, [one, other]: [Answer; 2]) {
        let shown = self.shown(scoped);
        assert_eq!(one, other, "acme sees whose world it is in:\n{shown}");
        match (self.outcome, &one.rows) {
            (Outcome::Sees(expected), Ok(rows)) => {
                let mut expected = expected.to_vec();
                expected.sort_unstable();
                assert_eq!(*rows, expected, "{shown}");
            }
            (Outcome::Leaves(expected), Ok(rows)) => {
                assert!(rows.is_empty(), "{rows:?}\n{shown}");
                assert_eq!(resources(&one.own), expected, "{shown}");
            }
            (Outcome::Sees(_) | Outcome::Leaves(_), Err(failed)) => {
                panic!("the database says: {}\n{shown}", failed.0)
            }
            (Outcome::Fails, Ok(rows)) => panic!("was not to run, and returned {rows:?}\n{shown}"),
            (Outcome::Fails, Err(_)) | (Outcome::Harmless | Outcome::Refused(_), _) => {}
        }
    }
}

/// Of acme's rows those in `resources`.
fn resources(own: &[String]) -> Vec<String> {
    let rows = own.iter().filter_map(|row| row.strip_prefix("r|"));
    rows.map(|row| row.replace('|', " ")).collect()
}

/// The databases, by the names that the attempts have for them.
pub(crate) mod on {
    use tollgate_db::Dialect;

    use super::Attack;
    use crate::world::{mysql as server, sqlite::Sqlite};

    pub(crate) fn sqlite(attack: &Attack) {
        attack.hold(Dialect::Sqlite, |scoped, values| {
            Sqlite::new().ask(scoped, values)
        });
    }

    pub(crate) fn postgres(attack: &Attack) {
        attack.hold(Dialect::PostgreSql, crate::world::postgres::ask);
    }

    /// Without a server: that it is refused, or every table in it scoped.
    pub(crate) fn mysql(attack: &Attack) {
        if let Some(scoped) = attack.scoped(Dialect::MySql) {
            server::look(&scoped);
        }
    }
}
