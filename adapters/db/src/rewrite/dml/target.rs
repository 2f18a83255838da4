//! The table that a statement writes: a tenant's, under one name, its tenant's column never assigned.

use sqlparser::ast::{
    Assignment, AssignmentTarget, BinaryOperator, Expr, Ident, ObjectName, ObjectNamePart,
    TableAlias, TableFactor, TableWithJoins,
};

use super::super::context::{Context, Relation};
use super::super::names;
use super::super::predicate::predicate;
use super::super::walk;
use super::refuse;
use crate::{Dialect, Reason, Refused};

/// A table to write, and how the rest of the statement calls it.
#[derive(Debug)]
pub(super) struct Target {
    /// Its alias, or its own name.
    pub(super) qualifier: Ident,
    /// The column that says whose a row is, as declared.
    pub(super) column: String,
}

impl Target {
    /// Looks up, and notes, the table `name` that is called `alias` from here on.
    ///
    /// # Errors
    /// If it is not a tenant's table.
    pub(super) fn new(
        name: &ObjectName,
        alias: Option<&Ident>,
        context: &mut Context<'_>,
    ) -> Result<Self, Refused> {
        let column = match context.resolve(name)? {
            Relation::Scoped { column } => column,
            Relation::Shared => return Err(Refused::new(Reason::SharedWrite, name)),
            Relation::Cte => return Err(Refused::new(Reason::Relation, name)),
        };
        context.name(name)?;
        let own = match name.0.last() {
            Some(ObjectNamePart::Identifier(own)) => own,
            Some(ObjectNamePart::Function(_)) | None => {
                return Err(Refused::new(Reason::Relation, name));
            }
        };
        match alias {
            Some(alias) => {
                names::relation(context.dialect(), alias)?;
                context.ident(alias)?;
            }
            None => context.enter_table(name)?,
        }
        Ok(Self {
            qualifier: alias.unwrap_or(own).clone(),
            column,
        })
    }

    /// The table of an UPDATE or a DELETE: one, and nothing joined to it.
    ///
    /// # Errors
    /// If it is anything else.
    pub(super) fn of(table: &TableWithJoins, context: &mut Context<'_>) -> Result<Self, Refused> {
        let TableWithJoins { relation, joins } = table;
        refuse(!joins.is_empty(), "JOIN in the table to write")?;
        let (name, alias) = plain(relation)?;
        Self::new(name, alias, context)
    }

    /// Notes a column that a statement sets.
    ///
    /// # Errors
    /// If it is the tenant's, or could be, or none that can be set.
    pub(super) fn column(
        &self,
        column: &ObjectName,
        context: &mut Context<'_>,
    ) -> Result<(), Refused> {
        let dialect = context.dialect();
        let own = match column.0.as_slice() {
            [ObjectNamePart::Identifier(own)] => own,
            [
                ObjectNamePart::Identifier(_),
                ObjectNamePart::Identifier(own),
            ] if dialect == Dialect::MySql => own,
            _ => return Err(Refused::new(Reason::Expression, column)),
        };
        if names::may_be_column(dialect, own, &self.column) {
            return Err(Refused::new(Reason::TenantColumn, column));
        }
        if names::is_system_column(dialect, own) {
            return Err(Refused::new(Reason::SystemColumn, column));
        }
        context.name(column)
    }

    /// Scopes the values of a SET list.
    ///
    /// # Errors
    /// If one of them sets the tenant's column.
    pub(super) fn assignments(
        &self,
        assignments: &mut [Assignment],
        context: &mut Context<'_>,
    ) -> Result<(), Refused> {
        for Assignment { target, value } in assignments {
            match target {
                AssignmentTarget::ColumnName(column) => self.column(column, context)?,
                AssignmentTarget::Tuple(columns) => {
                    for column in columns.iter() {
                        self.column(column, context)?;
                    }
                }
            }
            walk::expr(value, context)?;
        }
        Ok(())
    }

    /// Narrows a WHERE to the tenant's rows.
    pub(super) fn narrow(
        &self,
        selection: &mut Option<Expr>,
        context: &mut Context<'_>,
    ) -> Result<(), Refused> {
        let own = predicate(&self.qualifier, &self.column, context)?;
        *selection = Some(match selection.take() {
            None => own,
            Some(mut original) => {
                walk::expr(&mut original, context)?;
                Expr::BinaryOp {
                    left: Box::new(own),
                    op: BinaryOperator::And,
                    right: Box::new(Expr::Nested(Box::new(original))),
                }
            }
        });
        Ok(())
    }

    /// # Errors
    /// If a table beside the target has the target's name, so that the condition could mean either.
    pub(super) fn alone(&self, beside: &[TableWithJoins]) -> Result<(), Refused> {
        for TableWithJoins { relation, joins } in beside {
            self.differs(relation)?;
            for join in joins {
                self.differs(&join.relation)?;
            }
        }
        Ok(())
    }

    fn differs(&self, factor: &TableFactor) -> Result<(), Refused> {
        let same = |name: &Ident| {
            name.value.eq_ignore_ascii_case(&self.qualifier.value)
                || !name.value.is_ascii() && !self.qualifier.value.is_ascii()
        };
        if let TableFactor::NestedJoin {
            table_with_joins,
            alias: None,
        } = factor
        {
            return self.alone(std::slice::from_ref(table_with_joins));
        }
        match name_of(factor) {
            Some(name) if same(name) => Err(Refused::new(Reason::Relation, factor)),
            Some(_) => Ok(()),
            None => Err(Refused::new(Reason::Relation, factor)),
        }
    }
}

/// What a table beside the target is called.
fn name_of(factor: &TableFactor) -> Option<&Ident> {
    if let TableFactor::Table { name, alias, .. } = factor {
        let own = name.0.last().and_then(ObjectNamePart::as_ident);
        return alias.as_ref().map(|alias| &alias.name).or(own);
    }
    if let TableFactor::Function { name, alias, .. } = factor {
        let own = name.0.last().and_then(ObjectNamePart::as_ident);
        return alias.as_ref().map(|alias| &alias.name).or(own);
    }
    if let TableFactor::Derived { alias, .. }
    | TableFactor::NestedJoin { alias, .. }
    | TableFactor::UNNEST { alias, .. } = factor
    {
        return alias.as_ref().map(|alias| &alias.name);
    }
    None
}

/// The name and the alias of a plain table.
fn plain(factor: &TableFactor) -> Result<(&ObjectName, Option<&Ident>), Refused> {
    let TableFactor::Table {
        name,
        alias,
        args,
        with_hints,
        version,
        with_ordinality,
        partitions,
        json_path,
        sample,
        index_directives,
        inheritance,
    } = factor
    else {
        return Err(Refused::new(Reason::Relation, factor));
    };
    let extra = args.is_some()
        || !with_hints.is_empty()
        || version.is_some()
        || *with_ordinality
        || !partitions.is_empty()
        || json_path.is_some()
        || sample.is_some()
        || !index_directives.is_empty()
        || inheritance.is_some();
    if extra {
        return Err(Refused::new(Reason::Clause, factor));
    }
    let Some(alias) = alias else {
        return Ok((name, None));
    };
    let TableAlias {
        explicit: _,
        name: own,
        columns,
        at,
    } = alias;
    if !columns.is_empty() || at.is_some() {
        return Err(Refused::new(Reason::Clause, alias));
    }
    Ok((name, Some(own)))
}
