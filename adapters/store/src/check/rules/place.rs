//! Where the parts of a tenant are written.

use std::path::Path;

use crate::file::{Node, Spot};

/// Where a tenant is written.
pub(in crate::check) struct Place<'t> {
    pub(in crate::check) path: &'t Path,
    pub(in crate::check) node: Option<&'t Node>,
}

impl Place<'_> {
    /// Where the part at the end of `path` is, or else the smallest around it that is there.
    pub(super) fn of(&self, path: &[Step<'_>]) -> Option<Spot> {
        let mut node = self.node?;
        for step in path {
            let next = match step {
                Step::Key(key) => node.get(key),
                Step::Item(index) => node.items().get(*index),
            };
            let Some(next) = next else { break };
            node = next;
        }
        Some(node.at)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'s> {
    Key(&'s str),
    Item(usize),
}
