//! How a statement is scoped: text to tokens to a tree, the tree changed, printed, read again and checked.

pub(crate) mod allow;
pub(crate) mod check;
pub(crate) mod compiled;
pub(crate) mod context;
pub(crate) mod dml;
#[cfg(test)]
pub(crate) mod kit;
pub(crate) mod names;
pub(crate) mod pipeline;
pub(crate) mod predicate;
pub(crate) mod scopes;
pub(crate) mod stack;
pub(crate) mod substitute;
pub(crate) mod text;
pub(crate) mod walk;
pub(crate) mod words;
