//! What responses say of a tenant's limits, in the dialects that clients know.

mod anthropic;
mod ietf;
mod openai;
mod profile;
mod quota;
mod sink;
mod tightest;
mod times;
mod wording;
mod write;
mod x_ratelimit;

pub(crate) use self::profile::HeaderSet;
pub use self::profile::{HeaderProfile, ResetStyle};
pub(crate) use self::sink::Closure;
pub use self::sink::{Constant, ReportSink};
pub(crate) use self::times::go_duration;
pub(crate) use self::write::seconds_up;
