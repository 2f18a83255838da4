//! What every HTTP adapter of `tollgate` agrees on: who asks, in which order it is decided, and
//! what the client is told.
//!
//! No framework's types are in here, only names, numbers and bytes, for no HTTP crate is shared by
//! all frameworks. To write a service, use an adapter (`tollgate-tower`, `tollgate-actix`, `tollgate-hyper`) and read
//! the [`guide`]; to write an adapter, implement [`RequestView`] and [`ResponseView`], ask the [`Gate`], turn a [`Reply`]
//! into a response, and hold it all against the suite behind the feature `conformance`.
//!
//! The order is **resolve → policy → admit → handler → settle**:
//! 1. [`Resolver`]s read the tenant from all configured sources; two that disagree are a 403.
//! 2. The tenant's policy says whether it may use this method, path, model and tool.
//! 3. All of its limits are charged at once, or none.
//! 4. The handler runs, and settles through its [`PermitHandle`] at the true cost; or the response's status or its
//!    body does.
//! 5. When the response's body ends, the concurrency slots are freed.
//!
//! # Examples
//! What an adapter does:
//! ```
//! use tollgate_http::{Entry, Gate, RequestView, ResponseView};
//!
//! async fn serve(gate: &Gate, request: &(dyn RequestView + Sync), response: &dyn ResponseView) {
//!     match gate.enter(request).await {
//!         Entry::Rejected(_reply) => { /* … send it … */ }
//!         Entry::Open => { /* … the handler runs … */ }
//!         Entry::Admitted(mut admission) => {
//!             // … the handler runs, and may settle through `admission.permit()` …
//!             gate.answered(&mut admission, response);
//!             gate.report(response.status(), admission.permit(), &mut |_name, _value| {
//!                 // … a header of the response …
//!             });
//!             let mut guard = admission.into_guard();
//!             // … for each piece of the body, as it is sent:
//!             guard.read(b"piece");
//!             // … and at its proper end. If it breaks off, the guard is dropped.
//!             guard.end();
//!         }
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

#[doc = include_str!("../docs/guide.md")]
pub mod guide {}

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
