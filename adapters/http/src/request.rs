//! What the gate may read of a request, whatever framework it came in through.

use tollgate::TenantId;

use crate::facts::Facts;

/// A request, as resolvers, cost rules and the gate see it: names and bytes, no framework types.
///
/// Each adapter implements it once for its framework's request. All methods borrow from the
/// request and read only its head, never its body.
///
/// # Examples
/// ```
/// use tollgate_http::{Field, RequestView};
///
/// struct Head<'r> {
///     path: &'r str,
///     headers: &'r [(&'r str, &'r [u8])],
/// }
///
/// impl RequestView for Head<'_> {
///     fn method(&self) -> &str {
///         "GET"
///     }
///     fn path(&self) -> &str {
///         self.path
///     }
///     fn query(&self) -> Option<&str> {
///         None
///     }
///     fn host(&self) -> Option<&str> {
///         None
///     }
///     fn principal(&self) -> Option<&str> {
///         None
///     }
///     fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8])) {
///         for &(known, value) in self.headers {
///             if known.eq_ignore_ascii_case(name) {
///                 visit(value);
///             }
///         }
///     }
/// }
///
/// let head = Head { path: "/", headers: &[("X-Tenant-ID", b" acme ")] };
/// assert_eq!(head.header("x-tenant-id"), Field::Once(b"acme"));
/// assert_eq!(head.header("x-model"), Field::Absent);
/// ```
pub trait RequestView {
    /// The method, as it was sent: `GET`.
    fn method(&self) -> &str;

    /// The path, still percent-encoded, without the query: `/api/data`.
    fn path(&self) -> &str;

    /// The query, still percent-encoded, without the question mark.
    fn query(&self) -> Option<&str>;

    /// The host that was asked, with or without a port: `acme.example.com:8080`.
    ///
    /// `None` if the request names none, more than one, or one that is not text.
    fn host(&self) -> Option<&str>;

    /// The tenant that an authentication layer put in the request (see [`Principal`]).
    fn principal(&self) -> Option<&str>;

    /// What a layer before the gate has read in the body (see [`Facts`]).
    ///
    /// The default knows of none.
    fn facts(&self) -> Option<&Facts> {
        None
    }

    /// Calls `visit` with each value of the header `name`, in the order in which they came.
    ///
    /// Names are compared without regard to case; values are bytes, for they need not be text.
    fn headers<'a>(&'a self, name: &str, visit: &mut dyn FnMut(&'a [u8]));

    /// The one value of the header `name`, or that there is none or more than one.
    fn header<'a>(&'a self, name: &str) -> Field<'a> {
        let mut field = Field::Absent;
        self.headers(name, &mut |value| field = field.and(value));
        field
    }
}

/// A header of which there should be one: what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field<'a> {
    /// The request does not have it.
    Absent,
    /// The request has it once; spaces and tabs around the value are cut off.
    Once(&'a [u8]),
    /// The request has it more than once, with equal values or not.
    Repeated,
}

impl<'a> Field<'a> {
    const fn and(self, value: &'a [u8]) -> Self {
        match self {
            Self::Absent => Self::Once(trim(value)),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        }
    }
}

/// Cuts off what RFC 9110 calls optional white space: spaces and tabs, and nothing else.
const fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// The tenant that an authentication layer vouches for; put it in the request's extensions.
///
/// It is the first source that the gate reads, and no header can override it: a header that names
/// another tenant makes the request a 403. The id is checked by the gate, so that a claim that is
/// no tenant id gets the same 400 as a header that is none.
///
/// # Examples
/// ```
/// use tollgate_http::Principal;
///
/// let claim = "acme-corp"; // from a token whose signature was checked
/// assert_eq!(Principal::new(claim).tenant(), "acme-corp");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal(Box<str>);

impl Principal {
    /// Vouches for the tenant of this name.
    pub fn new(tenant: impl Into<Box<str>>) -> Self {
        Self(tenant.into())
    }

    /// The tenant's name, not yet checked to be a tenant id.
    pub fn tenant(&self) -> &str {
        &self.0
    }
}

impl From<TenantId> for Principal {
    fn from(tenant: TenantId) -> Self {
        Self::new(tenant.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_spaces_and_tabs_are_cut_off() {
        assert_eq!(trim(b" \ta b\t "), b"a b");
        assert_eq!(trim(b" \t "), b"");
        assert_eq!(trim(b"\na\r"), b"\na\r");
    }

    #[test]
    fn a_second_value_is_seen_even_if_it_is_the_same() {
        assert_eq!(Field::Absent.and(b"a").and(b"a"), Field::Repeated);
        assert_eq!(Field::Absent.and(b"a").and(b"a").and(b"a"), Field::Repeated);
    }
}
