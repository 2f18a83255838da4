//! What a source promises, over a database that fails when it is told to.

mod cold;
mod kit;
mod outage;
mod refresh;
mod told;
