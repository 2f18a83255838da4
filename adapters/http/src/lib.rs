//! What every HTTP adapter of `tollgate` agrees on: who asks, in which order it is decided, and
//! what the client is told.
//!
//! No framework's types are in here, only names, numbers and bytes, for no HTTP crate is shared by
//! all frameworks. To write a service, use an adapter (`tollgate-tower`); to write an adapter,
//! implement [`RequestView`] and [`ResponseView`], ask the [`Gate`], turn a [`Reply`] into a response, and keep the
//! [`BodyGuard`] in the response's body.
//!
//! The order is **resolve → policy → admit → handler → settle**:
//! 1. [`Resolver`]s read the tenant from all configured sources; two that disagree are a 403.
//! 2. The tenant's policy says whether it may use this method, path, model and tool.
//! 3. All of its limits are charged at once, or none.
//! 4. The handler runs, and settles through its [`PermitHandle`] at the true cost.
//! 5. When the response's body ends, the concurrency slots are freed.
//!
//! # Examples
//! ```
//! use tollgate::{Engine, InMemorySource, TenantConfig};
//! use tollgate_http::{Entry, Gate, RequestView, ResponseView};
//!
//! async fn serve(gate: &Gate, request: &(dyn RequestView + Sync), answer: Answer) -> u16 {
//!     match gate.enter(request).await {
//!         Entry::Rejected(reply) => reply.status,
//!         Entry::Open => answer.status(),
//!         Entry::Admitted(mut admission) => {
//!             // … the handler runs, and settles through `admission.permit()` …
//!             gate.answered(&mut admission, &answer);
//!             let mut headers = Vec::new();
//!             gate.report(answer.status(), admission.permit(), &mut |name, value| {
//!                 headers.push((name, value.to_owned()));
//!             });
//!             // From here on in the body, which is dropped when the client goes away.
//!             let mut guard = admission.into_guard();
//!             for piece in [&b"hello "[..], b"world"] {
//!                 guard.read(piece);
//!             }
//!             guard.end();
//!             answer.status()
//!         }
//!     }
//! }
//!
//! struct Answer;
//!
//! impl ResponseView for Answer {
//!     fn status(&self) -> u16 {
//!         200
//!     }
//!     fn header(&self, name: &str) -> Option<&[u8]> {
//!         (name == "content-type").then_some(b"text/plain")
//!     }
//! }
//! ```

mod admission;
mod body_guard;
mod builder;
mod challenge;
#[cfg(feature = "conformance")]
pub mod conformance;
mod cost;
mod entry;
mod events;
mod facts;
mod gate;
mod headers;
mod judge;
#[cfg(feature = "jwt")]
pub mod jwt;
mod limit_refusal;
mod outcome;
mod permit;
mod problem;
mod question;
mod rejection;
mod reply;
mod request;
mod resolve;
mod response;
mod retry;
mod shapes;
#[cfg(test)]
mod testing;
mod text;
mod usage;

pub use crate::admission::Admission;
pub use crate::body_guard::BodyGuard;
pub use crate::builder::{GateBuilder, GateError};
pub use crate::cost::InvalidCost;
pub use crate::entry::{Entry, Outlook};
pub use crate::facts::Facts;
pub use crate::gate::Gate;
pub use crate::headers::{Constant, HeaderProfile, ReportSink, ResetStyle};
pub use crate::limit_refusal::LimitRefusal;
pub use crate::outcome::Charge;
pub use crate::permit::{AlreadySettled, DeferredPermit, Outcome, PermitHandle};
pub use crate::question::Question;
pub use crate::rejection::Rejection;
pub use crate::reply::Reply;
pub use crate::request::{Field, Principal, RequestView};
pub use crate::resolve::{
    InvalidCredential, InvalidId, ResolveError, Resolved, Resolver, Source, resolve,
};
pub use crate::response::ResponseView;
pub use crate::retry::RetryAfter;
pub use crate::usage::{TokenUsage, Unaffordable, UsageFormat, most_tokens};
