//! Which tokens name a tenant, and which are refused.

mod attacks;
mod claims;
mod gate;
mod keys;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each kind of issuer has a few algorithms of its own"
)]
pub(crate) mod kit;
mod rotation;
mod vectors;
