//! What a store promises, on real databases.
#![cfg(test)]

#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod origin;
