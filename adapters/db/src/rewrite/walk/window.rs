//! Windows, named and in place.

use sqlparser::ast::{
    NamedWindowDefinition, NamedWindowExpr, WindowFrame, WindowFrameBound, WindowFrameUnits,
    WindowSpec, WindowType,
};

use crate::Refused;

use super::super::context::Context;
use super::{exprs, order_by_exprs};

/// The WINDOW clause.
pub(super) fn named(
    windows: &mut [NamedWindowDefinition],
    context: &mut Context<'_>,
) -> Result<(), Refused> {
    for NamedWindowDefinition(name, window) in windows {
        context.ident(name)?;
        match window {
            NamedWindowExpr::NamedWindow(of) => context.ident(of)?,
            NamedWindowExpr::WindowSpec(spec) => self::spec(spec, context)?,
        }
    }
    Ok(())
}

/// What OVER names or says.
pub(super) fn over(window: &mut WindowType, context: &mut Context<'_>) -> Result<(), Refused> {
    match window {
        WindowType::WindowSpec(spec) => self::spec(spec, context),
        WindowType::NamedWindow(name) => context.ident(name),
    }
}

fn spec(spec: &mut WindowSpec, context: &mut Context<'_>) -> Result<(), Refused> {
    let WindowSpec {
        window_name,
        partition_by,
        order_by,
        window_frame,
    } = spec;
    if let Some(name) = window_name {
        context.ident(name)?;
    }
    exprs(partition_by, context)?;
    order_by_exprs(order_by, context)?;
    if let Some(frame) = window_frame {
        let WindowFrame {
            units,
            start_bound,
            end_bound,
        } = frame;
        match units {
            WindowFrameUnits::Rows | WindowFrameUnits::Range | WindowFrameUnits::Groups => {
                context.text(units);
            }
        }
        bound(start_bound, context)?;
        if let Some(end) = end_bound {
            bound(end, context)?;
        }
    }
    Ok(())
}

fn bound(bound: &mut WindowFrameBound, context: &mut Context<'_>) -> Result<(), Refused> {
    match bound {
        WindowFrameBound::CurrentRow
        | WindowFrameBound::Preceding(None)
        | WindowFrameBound::Following(None) => Ok(()),
        WindowFrameBound::Preceding(Some(distance))
        | WindowFrameBound::Following(Some(distance)) => super::expr(distance, context),
    }
}
