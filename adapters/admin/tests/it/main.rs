//! What the admin API promises, over real sources and a real port.
#![cfg(test)]

mod auth;
mod console;
mod events;
mod host;
mod mounting;

mod paging;
mod routes;
mod writers;
mod wrong_fields;
