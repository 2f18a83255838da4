//! Lists of tables and their joins.

use sqlparser::ast::{
    Join, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, TableWithJoins,
};

use crate::{Reason, Refused};

use super::super::context::Context;
use super::{never, relation};

/// Scopes the list of FROM, of DELETE's USING or of UPDATE's FROM. A comma counts as a join.
pub(crate) fn tables(
    tables: &mut [TableWithJoins],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    for (index, table) in tables.iter_mut().enumerate() {
        if index > 0 {
            context.join()?;
        }
        joined(table, context)?;
    }
    Ok(())
}

/// Scopes a table and what is joined to it.
pub(super) fn joined(table: &mut TableWithJoins, context: &mut Context<'_>) -> Result<(), Refused> {
    let TableWithJoins { relation, joins } = table;
    relation::relation(relation, context)?;
    for join in joins {
        let Join {
            relation,
            global,
            join_operator,
        } = join;
        context.join()?;
        never(*global, "GLOBAL JOIN")?;
        relation::relation(relation, context)?;
        operator(join_operator, context)?;
    }
    Ok(())
}

fn operator(operator: &mut JoinOperator, context: &mut Context<'_>) -> Result<(), Refused> {
    let refused = |name: &str| Err(Refused::new(Reason::Clause, name));
    match operator {
        JoinOperator::Join(on)
        | JoinOperator::Inner(on)
        | JoinOperator::Left(on)
        | JoinOperator::LeftOuter(on)
        | JoinOperator::Right(on)
        | JoinOperator::RightOuter(on)
        | JoinOperator::FullOuter(on)
        | JoinOperator::CrossJoin(on) => constraint(on, context),
        JoinOperator::StraightJoin(_) => refused("STRAIGHT_JOIN"),
        JoinOperator::Semi(_) | JoinOperator::LeftSemi(_) | JoinOperator::RightSemi(_) => {
            refused("SEMI JOIN")
        }
        JoinOperator::Anti(_) | JoinOperator::LeftAnti(_) | JoinOperator::RightAnti(_) => {
            refused("ANTI JOIN")
        }
        JoinOperator::CrossApply | JoinOperator::OuterApply => refused("APPLY"),
        JoinOperator::AsOf {
            match_condition: _,
            constraint: _,
        } => refused("ASOF JOIN"),
        JoinOperator::ArrayJoin | JoinOperator::LeftArrayJoin | JoinOperator::InnerArrayJoin => {
            refused("ARRAY JOIN")
        }
    }
}

fn constraint(constraint: &mut JoinConstraint, context: &mut Context<'_>) -> Result<(), Refused> {
    match constraint {
        JoinConstraint::On(condition) => super::expr(condition, context),
        JoinConstraint::Using(columns) => using(columns, context),
        JoinConstraint::UsingAlias(columns, alias) => {
            using(columns, context)?;
            context.ident(alias)
        }
        JoinConstraint::Natural | JoinConstraint::None => Ok(()),
    }
}

fn using(columns: &[ObjectName], context: &mut Context<'_>) -> Result<(), Refused> {
    for column in columns {
        let ObjectName(parts) = column;
        match parts.as_slice() {
            [ObjectNamePart::Identifier(column)] => context.column(column)?,
            _ => return Err(Refused::new(Reason::Clause, column)),
        }
    }
    Ok(())
}
