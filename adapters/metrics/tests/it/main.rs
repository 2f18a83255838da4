//! What the metrics promise: true counts, of all that happened, in a bounded number of series.
#![cfg(test)]

mod bounds;
mod forgetful;
mod kit;
mod prometheus;
mod session;
mod sharing;
mod sums;
