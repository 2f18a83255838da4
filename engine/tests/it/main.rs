//! The promises of the engine, held to it from outside: one module a promise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    clippy::trivially_copy_pass_by_ref,
    clippy::unchecked_time_subtraction,
    clippy::wildcard_enum_match_arm,
    clippy::match_wildcard_for_single_variants,
    reason = "a test that fails may panic, and reads best without ceremony"
)]

mod affordable;
mod all_or_none;
mod audit;
mod book;
mod books;
mod classes;
mod cluster_book;
mod concurrent;
mod drive;
mod durable;
mod eviction;
mod explain;
mod families;
mod full;
mod hooks;
mod kept_handles;
mod linear_check;
mod linear_spec;
mod linearizable;
mod loading;
mod machine;
mod model;
mod never_over;
mod peer_bugs;
mod peer_keys;
mod races;
mod retry_after;
mod settle;
mod shared;
mod sources;
mod suspend;
mod swap_histories;
mod swaps;
mod tidy;
mod time;
mod twin;
mod twins;
mod typos;
mod unknown;
mod waiting;
mod world;
