//! What an actix service behind the gate promises: all of the suite that every door is held to, and what only
//! actix has.
#![cfg(test)]

mod door;
mod wraps;

tollgate_http::conformance_tests!(door::Actix);
