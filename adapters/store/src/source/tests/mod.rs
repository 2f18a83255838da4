//! What a source promises, over a database that fails when it is told to.

mod broken;
mod cold;
mod fake;
mod kit;
mod outage;
mod refresh;
mod told;
