//! What a handler asks for: who was admitted, and the permit to settle.

use http::Extensions;
use tollgate::Tenant;
use tollgate_http::{Gate, PermitHandle, Reply};

use crate::context::passed_open;

/// The tenant that was admitted, from a request's extensions.
///
/// # Errors
/// The reply to give where there is none: the gate's own 401 if it let the request pass without a tenant, a 500 if no
/// gate stands before the route, so that a handler which trusts in the gate never runs without it.
///
/// # Examples
/// ```
/// # use tollgate_http1::{current_tenant, response};
/// use http::{Request, Response};
/// use bytes::Bytes;
///
/// fn hello<B>(request: &Request<B>) -> Response<Bytes> {
///     match current_tenant(request.extensions()) {
///         Ok(tenant) => Response::new(format!("hello {}", tenant.id()).into()),
///         Err(reply) => response(reply),
///     }
/// }
/// assert_eq!(hello(&Request::new(())).status(), 500);
/// ```
pub fn current_tenant(extensions: &Extensions) -> Result<Tenant, Reply> {
    take(extensions)
}

/// The permit of the admitted request, to settle it at its true cost, from a request's extensions.
///
/// # Errors
/// As [`current_tenant`].
pub fn current_permit(extensions: &Extensions) -> Result<PermitHandle, Reply> {
    take(extensions)
}

fn take<T: Clone + Send + Sync + 'static>(extensions: &Extensions) -> Result<T, Reply> {
    let left = extensions.get::<T>().cloned();
    left.ok_or_else(|| {
        passed_open(extensions).map_or_else(Reply::gate_missing, Gate::tenant_required)
    })
}
