//! What the services of `multi-tenant-saas`, `hyper-saas` and `actix-saas` have in common: the same routes and
//! tenants, so that one session drives each of them, as a real program over HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "tests of programs: one that fails may panic"
)]

pub mod contract;
mod folder;
mod server;

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So does what the page on practices shows, which needs every adapter.
#[cfg(doctest)]
#[doc = include_str!("../../../engine/docs/practices.md")]
struct Practices;

/// And what the page for people from other limiters shows, theirs and ours.
#[cfg(doctest)]
#[doc = include_str!("../../../engine/docs/coming-from.md")]
struct ComingFrom;

pub use crate::folder::Folder;
pub use crate::server::{Reply, Server};

/// One test for each promise of the [`contract`], for the program at this path.
///
/// ```text
/// saas_contract::tests!(env!("CARGO_BIN_EXE_hyper-saas"));
/// ```
#[macro_export]
macro_rules! tests {
    ($program:expr) => {
        $crate::tests! { $program;
            the_seed_s_session_answers_as_the_seed_says,
            the_public_route_needs_no_tenant,
            the_fortieth_of_a_hundred_requests_leaves_sixty,
            bad_requests_are_told_apart,
            one_tenant_s_quota_is_not_another_s,
        }
        #[cfg(unix)]
        $crate::tests! { $program;
            it_is_asked_to_stop_and_stops,
            a_client_that_never_finishes_its_request_does_not_keep_the_server_from_ending,
        }
    };
    ($program:expr; $($promise:ident,)*) => {
        $(
            #[test]
            fn $promise() {
                $crate::contract::$promise($program);
            }
        )*
    };
}
