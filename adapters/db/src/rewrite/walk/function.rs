//! Calls of functions: the name on the list, every argument and clause walked.

use sqlparser::ast::{
    DuplicateTreatment, Function, FunctionArg, FunctionArgExpr, FunctionArgOperator,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, JsonNullClause,
    JsonReturningClause, NullTreatment, ObjectName,
};

use crate::{Dialect, Reason, Refused};

use super::super::allow::{functions, types};
use super::super::context::Context;
use super::{never, order_by_exprs, query, select, value, window};

pub(super) fn function(call: &mut Function, context: &mut Context<'_>) -> Result<(), Refused> {
    let Function {
        name,
        uses_odbc_syntax,
        parameters,
        args,
        within_group,
        filter,
        null_treatment,
        over,
    } = call;
    functions::allowed(context.schema(), name, functions::Place::Expression)?;
    context.text(name);
    never(*uses_odbc_syntax, "{fn …}")?;
    match parameters {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) | FunctionArguments::List(_) => {
            return Err(Refused::new(Reason::Function, &*name));
        }
    }
    match args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(inner) => {
            if !is_array(name) || context.dialect() != Dialect::PostgreSql {
                return Err(Refused::new(Reason::Function, &*name));
            }
            query(inner, context)?;
        }
        FunctionArguments::List(list) => self::list(list, context)?,
    }
    order_by_exprs(within_group, context)?;
    if let Some(filter) = filter {
        super::expr(filter, context)?;
    }
    match null_treatment {
        None | Some(NullTreatment::IgnoreNulls | NullTreatment::RespectNulls) => {}
    }
    if let Some(over) = over {
        window::over(over, context)?;
    }
    Ok(())
}

/// `ARRAY(SELECT …)`.
fn is_array(name: &ObjectName) -> bool {
    name.to_string().eq_ignore_ascii_case("array")
}

fn list(list: &mut FunctionArgumentList, context: &mut Context<'_>) -> Result<(), Refused> {
    let FunctionArgumentList {
        duplicate_treatment,
        args,
        clauses,
    } = list;
    match duplicate_treatment {
        None | Some(DuplicateTreatment::Distinct | DuplicateTreatment::All) => {}
    }
    arguments(args, context)?;
    for clause in clauses {
        match clause {
            FunctionArgumentClause::IgnoreOrRespectNulls(
                NullTreatment::IgnoreNulls | NullTreatment::RespectNulls,
            )
            | FunctionArgumentClause::JsonNullClause(
                JsonNullClause::NullOnNull | JsonNullClause::AbsentOnNull,
            ) => {}
            FunctionArgumentClause::OrderBy(by) => order_by_exprs(by, context)?,
            FunctionArgumentClause::Separator(separator) => value::value(separator, context)?,
            FunctionArgumentClause::JsonReturningClause(JsonReturningClause { data_type }) => {
                types::allowed(context.schema(), data_type)?;
                context.text(data_type);
            }
            FunctionArgumentClause::Where(_)
            | FunctionArgumentClause::Limit(_)
            | FunctionArgumentClause::OnOverflow(_)
            | FunctionArgumentClause::Having(_) => {
                return Err(Refused::new(Reason::Clause, &*clause));
            }
        }
    }
    Ok(())
}

/// The arguments of a function, also of one among tables.
pub(super) fn arguments(
    args: &mut [FunctionArg],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    for arg in args {
        match arg {
            FunctionArg::Named {
                name,
                arg,
                operator,
            } => {
                self::operator(operator)?;
                context.ident(name)?;
                argument(arg, context)?;
            }
            FunctionArg::ExprNamed {
                name,
                arg,
                operator,
            } => {
                self::operator(operator)?;
                super::expr(name, context)?;
                argument(arg, context)?;
            }
            FunctionArg::Unnamed(arg) => argument(arg, context)?,
        }
    }
    Ok(())
}

fn operator(operator: &FunctionArgOperator) -> Result<(), Refused> {
    match operator {
        FunctionArgOperator::RightArrow
        | FunctionArgOperator::Assignment
        | FunctionArgOperator::Colon
        | FunctionArgOperator::Value => Ok(()),
        FunctionArgOperator::Equals | FunctionArgOperator::Space => {
            Err(Refused::new(Reason::Expression, operator))
        }
    }
}

fn argument(arg: &mut FunctionArgExpr, context: &mut Context<'_>) -> Result<(), Refused> {
    match arg {
        FunctionArgExpr::Expr(expr) => super::expr(expr, context),
        FunctionArgExpr::QualifiedWildcard(name) => select::whole_row(name, context),
        FunctionArgExpr::Wildcard => Ok(()),
        FunctionArgExpr::WildcardWithOptions(options) => select::plain(options),
    }
}
