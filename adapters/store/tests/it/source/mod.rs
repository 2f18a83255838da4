//! What a source over a real database promises, while that is well, killed, cut off or half dead.

#[cfg(feature = "postgres")]
mod cut;
#[cfg(feature = "postgres")]
mod killed;
mod kit;
#[cfg(feature = "postgres")]
mod proxy;
mod quick;
#[cfg(feature = "sqlite")]
mod sqlite;
mod warm;
