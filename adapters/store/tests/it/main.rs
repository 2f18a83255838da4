//! What a store promises, on real databases.
#![cfg(test)]

mod origin;
