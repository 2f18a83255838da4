//! Shared limits through Redis: one limit, many nodes, never exceeded.
//!
//! [`RedisOrigin`] is the [`SharedOrigin`](tollgate::cluster::SharedOrigin) that nodes of one service share their limits
//! through. What becomes of a call is told by [`SharedOrigin`](tollgate::cluster::SharedOrigin); one Lua script does it, in
//! one step, by the server's own clock.
//!
//! # Examples
//! ```
//! use std::time::Duration;
//! use tollgate_redis::RedisOrigin;
//!
//! let origin = RedisOrigin::builder("redis://127.0.0.1:6379")?
//!     .timeout(Duration::from_millis(300))
//!     .build();
//! # Ok::<(), tollgate_redis::BuildError>(())
//! ```
#![doc = include_str!("../docs/guide.md")]

mod builder;
mod cluster;
#[cfg(test)]
mod differential;
mod error;
mod exchange;
mod keys;
mod link;
mod origin;
mod script;
mod slot;
mod wire;

pub use self::builder::RedisOriginBuilder;
pub use self::error::BuildError;
pub use self::origin::RedisOrigin;
