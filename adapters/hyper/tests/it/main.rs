//! What a hyper service behind the gate promises: all of the suite that every door is held to.
#![cfg(test)]

mod door;

tollgate_http::conformance_tests!(door::Hyper);
