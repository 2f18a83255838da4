//! The promises, one function each.

mod charges;
mod connections;
mod crowd;
mod denials;
mod endings;
mod hang_ups;
mod headers;
mod hooks;
mod refusals;
mod routes;
mod sources;
mod usage;

use crate::conformance::runner::{Case, Group};

/// Functions as cases: their names are the promises.
macro_rules! cases {
    ($($promise:ident),* $(,)?) => {
        &[$($crate::conformance::runner::Case {
            name: stringify!($promise),
            run: |doors| Box::pin($promise(doors)),
        }),*]
    };
}
use cases;

pub(super) fn of(group: Group) -> &'static [Case] {
    match group {
        Group::Refusals => refusals::CASES,
        Group::Denials => denials::CASES,
        Group::Sources => sources::CASES,
        Group::Headers => headers::CASES,
        Group::Charges => charges::CASES,
        Group::Endings => endings::CASES,
        Group::HangUps => hang_ups::CASES,
        Group::Hooks => hooks::CASES,
        Group::Connections => connections::CASES,
        Group::Routes => routes::CASES,
        Group::Usage => usage::CASES,
        Group::Crowd => crowd::CASES,
    }
}
