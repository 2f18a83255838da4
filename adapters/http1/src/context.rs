//! What requests carry from the gate to their handlers, and from an authentication layer to the gate.

use http::{Extensions, Request};
use tollgate::TenantId;
use tollgate_http::{Admission, Gate, Principal};

/// The same request, vouched for: it is `tenant`'s, and no header can say otherwise.
///
/// For authentication layers and for tests. It puts a [`Principal`] in the request's extensions,
/// which the gate reads first.
///
/// # Examples
/// ```
/// use http::Request;
/// # use tollgate_http::Principal;
/// # use tollgate_http1::with_tenant;
///
/// let request = with_tenant(Request::new(()), "acme".parse()?);
/// assert_eq!(request.extensions().get::<Principal>().map(Principal::tenant), Some("acme"));
/// # Ok::<(), tollgate::InvalidTenantId>(())
/// ```
pub fn with_tenant<B>(mut request: Request<B>, tenant: TenantId) -> Request<B> {
    request.extensions_mut().insert(Principal::from(tenant));
    request
}

/// A request passed the gate with no tenant; the gate knows what to tell it if it needs one.
#[derive(Debug, Clone)]
struct PassedOpen(Gate);

/// The gate that let a request pass with no tenant, if one did: it knows what to tell who needs one after all.
pub fn passed_open(extensions: &Extensions) -> Option<&Gate> {
    extensions.get().map(|PassedOpen(gate)| gate)
}

/// Tells the handler who was admitted.
#[inline]
pub(crate) fn admitted<B>(request: &mut Request<B>, admission: &Admission) {
    let extensions = request.extensions_mut();
    extensions.insert(admission.tenant().clone());
    extensions.insert(admission.permit().clone());
}

/// Tells the handler that the gate let the request pass with no tenant.
pub(crate) fn open<B>(request: &mut Request<B>, gate: &Gate) {
    request.extensions_mut().insert(PassedOpen(gate.clone()));
}
