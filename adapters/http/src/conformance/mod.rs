//! For the tests of adapters: all that an adapter promises, held against a real server of its framework.
//!
//! Behind the feature `conformance`, which is for tests only. An adapter brings a [`Door`]: how its framework serves
//! a listener with a gate before a handler. The suite brings everything else: engines on a clock of its own, gates of
//! every setting, what the handlers do, and a client that writes its requests byte by byte, so that it can repeat a
//! header, pipeline, or go away in the middle of a stream.
//!
//! What holds after every case, whatever it was about: each request that was admitted was settled once and
//! ended once, as the hooks tell, and no slot of a concurrency limit is taken any more.
//!
//! # Examples
//! In an adapter's tests, one test for each group of cases:
//! ```
//! use std::net::TcpListener;
//! use tollgate_http::conformance::{Door, Serving, Site};
//!
//! struct Ours;
//!
//! impl Door for Ours {
//!     fn name(&self) -> &'static str {
//!         "ours"
//!     }
//!
//!     fn open(&self, listener: TcpListener, site: Site) -> Serving {
//!         Serving::tasks(listener, move |_stream| {
//!             let _site = site.clone(); // … serve the connection …
//!             async {}
//!         })
//!     }
//! }
//!
//! tollgate_http::conformance_tests!(Ours);
//! ```
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::wildcard_enum_match_arm,
    reason = "a suite of tests: what fails may panic"
)]

mod answer;
mod ask;
mod cases;
mod client;
mod demo;
mod diary;
mod door;
mod doors;
mod house;
mod runner;
mod sources;

pub use self::answer::{Answer, AnswerBody, Broken, Chunks, Failure};
pub use self::demo::{Before, Demo, Mark, Visit};
pub use self::door::{Door, Need, Room, Serving, Site};
pub use self::runner::{Group, Report, run};
