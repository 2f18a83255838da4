//! What requests carry from the gate to their handlers, and from an authentication layer to the gate.

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use tollgate::TenantId;
use tollgate_http::{Admission, Entry, Gate, Principal, Reply};

/// The same request, vouched for: it is `tenant`'s, and no header can say otherwise.
///
/// For authentication layers and for tests. It puts a [`Principal`] in the request's extensions,
/// which the gate reads first.
///
/// # Examples
/// ```
/// use actix_web::{HttpMessage, test::TestRequest};
/// use tollgate_actix::{Principal, with_tenant};
///
/// let request = with_tenant(TestRequest::default().to_srv_request(), "acme".parse()?);
/// assert_eq!(request.extensions().get::<Principal>().map(Principal::tenant), Some("acme"));
/// # Ok::<(), tollgate::InvalidTenantId>(())
/// ```
pub fn with_tenant<R: HttpMessage>(request: R, tenant: TenantId) -> R {
    request.extensions_mut().insert(Principal::from(tenant));
    request
}

/// What a request that has passed the gate takes along until its response is there, unless it passed with no
/// tenant: its admission, and the gate if it minds responses.
pub(crate) type Pass = Option<(Option<Gate>, Admission)>;

/// A request passed the gate with no tenant; the gate knows what to tell it if it needs one.
#[derive(Debug, Clone)]
struct PassedOpen(Gate);

/// The gate that let a request pass with no tenant, if one did.
pub(crate) fn passed_open(extensions: &Extensions) -> Option<&Gate> {
    extensions.get().map(|PassedOpen(gate)| gate)
}

/// Tells the request what was decided of it; an error is the reply to a request that may not go on.
pub(crate) fn decided(gate: &Gate, request: &ServiceRequest, entry: Entry) -> Result<Pass, Reply> {
    match entry {
        Entry::Admitted(admission) => {
            let mut extensions = request.extensions_mut();
            extensions.insert(admission.tenant().clone());
            extensions.insert(admission.permit().clone());
            let gate = gate.minds_responses().then(|| gate.clone());
            Ok(Some((gate, admission)))
        }
        Entry::Open => {
            request.extensions_mut().insert(PassedOpen(gate.clone()));
            Ok(None)
        }
        Entry::Rejected(reply) => Err(reply),
    }
}
