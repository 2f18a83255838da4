//! What stores of tenant configs promise, over real files and servers.
#![cfg(test)]

#[cfg(feature = "files")]
mod files;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod origin;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod source;
