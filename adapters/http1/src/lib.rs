//! What the adapters of frameworks on the crate `http` 1 share: the gate in that crate's types.
//!
//! For writing an adapter; a service uses `tollgate-tower` or `tollgate-hyper`, which re-export what their users
//! see. The 1 is that of the crate [`http`](https://docs.rs/http): requests may well come in over HTTP/2. (Actix
//! is on `http` 0.2, whose types are others, and shares only `tollgate-http`.)
//!
//! An adapter [asks the gate](enter) about a request, and makes a [`Passage`] of the answer: the future that
//! decides if that is still to do, runs the handler, tells the limits, and leaves the request's end to the
//! [`GateBody`].

mod body;
#[cfg(feature = "conformance")]
pub mod conformance;
mod context;
mod enter;
mod extract;
mod limits;
mod passage;
mod reply;
mod view;

pub use crate::body::GateBody;
pub use crate::context::{passed_open, with_tenant};
pub use crate::enter::{Pass, Way, enter};
pub use crate::extract::{current_permit, current_tenant};
pub use crate::passage::{Call, Passage};
pub use crate::reply::response;
pub use crate::view::{View, view};
