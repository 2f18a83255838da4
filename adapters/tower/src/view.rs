//! What the gate reads of a request that may have come through axum's routers.

use http::{Extensions, Request};
use tollgate_http1::View;

/// The head of a request, with the path as the client sent it: a nested axum router strips its prefix from the
/// request.
#[inline]
pub(crate) fn view<B>(request: &Request<B>) -> View<'_> {
    tollgate_http1::view(request).with_sent_path(sent_path)
}

#[cfg(feature = "axum")]
fn sent_path(extensions: &Extensions) -> Option<&str> {
    let original: Option<&axum::extract::OriginalUri> = extensions.get();
    original.map(|original| original.path())
}

#[cfg(not(feature = "axum"))]
fn sent_path(_: &Extensions) -> Option<&str> {
    None
}
