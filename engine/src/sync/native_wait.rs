//! What waiting needs, on the everyday face: tokio's notices and timer, std's cell.

pub(crate) use std::sync::OnceLock;

pub(crate) use tokio::sync::Notify;
pub(crate) use tokio::time::sleep;
