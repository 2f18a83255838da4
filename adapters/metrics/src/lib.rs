//! Metrics.
mod labels;
pub mod names;
mod sketch;
