//! What a tower service behind the gate promises to its clients and to the service.
#![cfg(test)]

mod absurd;
#[cfg(feature = "axum")]
mod axum;
mod door;
mod families;
mod kit;
mod lifetime;
mod readiness;

/// The suite, through plain tower services.
mod services {
    tollgate_http::conformance_tests!(crate::door::Tower);
}

/// The suite, through axum's routers and extractors.
#[cfg(feature = "axum")]
mod routers {
    tollgate_http::conformance_tests!(crate::door::Axum);
}
