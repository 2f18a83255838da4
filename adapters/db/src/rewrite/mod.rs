//! How a statement is scoped: text to tokens to a tree, the tree changed, printed, read again and checked.
