//! What clients read back from the headers of every profile is what the limits are.

mod fields;
mod plans;
mod properties;
mod replies;
