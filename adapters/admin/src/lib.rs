//! An admin API for tollgate, over HTTP: tenants and their limits, what they use, and why they were denied; with a
//! console for people.
#![doc = include_str!("../docs/guide.md")]

mod admin;
mod api;
pub mod configs;
mod console;
mod credential;
mod error;
mod guard;
mod problem;
mod serve;
mod time;
mod watch;

pub use crate::admin::{Admin, AdminBuilder};
pub use crate::configs::TenantConfigs;
pub use crate::credential::{Credential, InvalidCredential, Role};
pub use crate::error::BuildError;
pub use crate::guard::Peer;
pub use crate::serve::{Listening, ServeError};
pub use crate::watch::Watch;
