//! What responses say of a tenant's limits, in the dialects that clients know.

mod ietf;
mod profile;
mod quota;
mod write;
mod x_ratelimit;

pub use self::profile::{HeaderProfile, ResetStyle};
pub(crate) use self::profile::{HeaderSet, Put};
pub(crate) use self::write::seconds_up;
