//! Where a request comes from, as far as wrong tries are counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use std::convert::Infallible;

use axum::extract::{ConnectInfo, FromRequestParts};
use http::Extensions;
use http::request::Parts;

/// The address that a request comes from, for hosts that know better than the connection: put one into the request's
/// extensions, and wrong credentials are counted for it.
///
/// Without one it is the connection's, where the server tells it (`axum::extract::ConnectInfo<SocketAddr>`), and where it
/// does not, all requests count as one peer's. No header is believed: whoever stands behind a proxy can write those.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(Option<IpAddr>);

impl Peer {
    /// At this address.
    pub fn at(address: IpAddr) -> Self {
        Self(Some(address))
    }

    pub(crate) fn of(extensions: &Extensions) -> Self {
        if let Some(peer) = extensions.get::<Self>() {
            return *peer;
        }
        let info = extensions.get::<ConnectInfo<SocketAddr>>();
        Self(info.map(|ConnectInfo(address)| address.ip()))
    }

    /// Whom its tries are counted for: who has one IPv6 address has the 2^64 beside it.
    pub(super) fn neighbourhood(self) -> Self {
        Self(self.0.map(|address| match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.extensions))
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => write!(f, "{address}"),
            None => f.write_str("unknown"),
        }
    }
}
