//! WITH: which CTE is visible where, and what their bodies become.

use sqlparser::ast::{Cte, CteAsMaterialized, TableAlias, With};

use crate::{Dialect, Refused};

use super::super::context::Context;
use super::super::names;
use super::super::scopes::Means;
use super::{absent, query, relation};

/// Scopes a WITH, and does `inside` with its CTEs in scope.
pub(crate) fn with<'a, T>(
    with: Option<&mut With>,
    context: &mut Context<'a>,
    inside: impl FnOnce(&mut Context<'a>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let mark = context.scopes.mark();
    if let Some(with) = with {
        ctes(with, context)?;
    }
    let done = inside(context);
    context.scopes.leave(mark);
    done
}

/// Walks the bodies, each with what is visible in it, and leaves all names in scope.
///
/// PostgreSQL: without RECURSIVE a body sees the CTEs before it, with RECURSIVE all of them. SQLite: a body sees all of
/// them, whatever the keyword; without it the name of a declared table is doubtful in the CTE of that name and in those
/// before it, since whoever wrote it most likely meant the table. MySQL: as PostgreSQL; but there is no agreement between its versions and MariaDB's on whether a body sees
/// itself (without RECURSIVE) or a later one (with), so those names are doubtful.
fn ctes(with: &mut With, context: &mut Context<'_>) -> Result<(), Refused> {
    let With {
        with_token: _,
        recursive,
        cte_tables,
    } = with;
    let dialect = context.dialect();
    let mut folded = Vec::with_capacity(cte_tables.len());
    for cte in cte_tables.iter() {
        folded.push(names::relation(dialect, &cte.alias.name)?);
    }
    for (index, cte) in cte_tables.iter_mut().enumerate() {
        let mark = context.scopes.mark();
        for (other, name) in folded.iter().enumerate() {
            let Some(means) = visible(dialect, *recursive, other, index) else {
                continue;
            };
            let hides =
                other >= index && !*recursive && context.schema().access(None, name).is_some();
            let means = if hides && dialect == Dialect::Sqlite {
                Means::Doubtful
            } else {
                means
            };
            context.scopes.enter(name.clone(), means);
        }
        self::cte(cte, context)?;
        context.scopes.leave(mark);
    }
    for name in folded {
        context.scopes.enter(name, Means::Cte);
    }
    Ok(())
}

/// What the name of CTE number `name` means in the body of number `body`. `None`: whatever it means outside.
fn visible(dialect: Dialect, recursive: bool, name: usize, body: usize) -> Option<Means> {
    let earlier = name < body;
    match dialect {
        Dialect::PostgreSql => (earlier || recursive).then_some(Means::Cte),
        Dialect::Sqlite => Some(Means::Cte),
        Dialect::MySql => Some(if earlier || (recursive && name == body) {
            Means::Cte
        } else {
            Means::Doubtful
        }),
    }
}

fn cte(cte: &mut Cte, context: &mut Context<'_>) -> Result<(), Refused> {
    let Cte {
        alias,
        query: body,
        from,
        materialized,
        closing_paren_token: _,
    } = cte;
    absent(from.as_ref())?;
    match materialized {
        None | Some(CteAsMaterialized::Materialized | CteAsMaterialized::NotMaterialized) => {}
    }
    let alias: &TableAlias = alias;
    relation::alias(alias, false, context)?;
    query(body, context)
}
