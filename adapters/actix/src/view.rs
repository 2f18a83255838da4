//! What the gate reads of an actix request, and of the response to it.

use std::cell::Ref;

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderValue};
use tollgate_http::{Facts, Field, Principal, RequestView, ResponseView};

/// The head of a request. It borrows the request's extensions: let it go before anybody writes to them.
#[derive(Debug)]
pub(crate) struct View<'r> {
    request: &'r ServiceRequest,
    extensions: Ref<'r, Extensions>,
}

impl<'r> View<'r> {
    pub(crate) fn new(request: &'r ServiceRequest) -> Self {
        Self {
            request,
            extensions: request.extensions(),
        }
    }
}

impl RequestView for View<'_> {
    fn method(&self) -> &str {
        self.request.method().as_str()
    }

    /// The whole path, whatever scopes the request has come through.
    fn path(&self) -> &str {
        self.request.uri().path()
    }

    fn query(&self) -> Option<&str> {
        self.request.uri().query()
    }

    /// The host of the target (HTTP/2, or absolute form), else of the one `Host` header: what RFC
    /// 9112 §3.2.2 says a server must go by.
    fn host(&self) -> Option<&str> {
        match (self.request.uri().host(), self.header("host")) {
            (Some(host), _) => Some(host),
            (None, Field::Once(host)) => std::str::from_utf8(host).ok(),
            (None, Field::Absent | Field::Repeated) => None,
        }
    }

    fn principal(&self) -> Option<&str> {
        self.extensions.get().map(Principal::tenant)
    }

    fn facts(&self) -> Option<&Facts> {
        self.extensions.get()
    }

    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
        let values = self.request.headers().get_all(name);
        values.for_each(|value| visit(value.as_bytes()));
    }
}

/// The head of a response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head<'r> {
    pub(crate) status: StatusCode,
    /// None for a response that is yet to be made of an error.
    pub(crate) headers: Option<&'r HeaderMap>,
}

impl ResponseView for Head<'_> {
    fn status(&self) -> u16 {
        self.status.as_u16()
    }

    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers?.get(name).map(HeaderValue::as_bytes)
    }
}
