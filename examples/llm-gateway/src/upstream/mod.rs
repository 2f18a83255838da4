//! The API behind the gateway: how it is called, and what of its answers goes on to clients.

mod headers;
mod idle;
mod trouble;

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Method, Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::args::Bounds;

use self::idle::Idle;
pub(crate) use self::trouble::Trouble;

/// How long it may take to connect, to each of the upstream's addresses.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// A client of the API behind the gateway. It keeps connections, and speaks TLS with the machine's own roots of trust.
#[derive(Debug)]
pub(crate) struct Upstream {
    base: String,
    key: Option<HeaderValue>,
    client: Transport,
    answer_timeout: Duration,
    idle_timeout: Duration,
}

#[derive(Debug)]
enum Transport {
    Plain(Client<HttpConnector, Body>),
    Tls(Client<HttpsConnector<HttpConnector>, Body>),
}

impl Upstream {
    /// A client of the API at `base`, `https://api.openai.com/v1` for example, that shows this key.
    ///
    /// # Errors
    /// What is wrong with the URL or the key, in words; or that the machine has no roots of trust.
    pub(crate) fn new(base: &str, key: Option<&str>, bounds: &Bounds) -> Result<Self, String> {
        let base = base.trim_end_matches('/');
        let uri: Uri = base
            .parse()
            .map_err(|error| format!("upstream {base:?}: {error}"))?;
        let mut http = HttpConnector::new();
        http.set_connect_timeout(Some(CONNECT));
        http.set_nodelay(true);
        http.enforce_http(false);
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(KEEP_ALIVE)
            .pool_timer(TokioTimer::new());
        let client = match uri.scheme_str() {
            Some("http") => Transport::Plain(builder.build(http)),
            Some("https") => {
                let tls = HttpsConnectorBuilder::new().with_native_roots();
                let tls = tls.map_err(|error| format!("the machine's certificates: {error}"))?;
                Transport::Tls(builder.build(tls.https_only().enable_http1().wrap_connector(http)))
            }
            _ => {
                return Err(format!(
                    "upstream {base:?}: must begin with https:// or http://"
                ));
            }
        };
        let key = key.map(|key| {
            let mut value = HeaderValue::try_from(format!("Bearer {key}"))
                .map_err(|_| "the upstream's key is no text")?;
            value.set_sensitive(true);
            Ok::<_, &str>(value)
        });
        Ok(Self {
            base: base.to_owned(),
            key: key.transpose()?,
            client,
            answer_timeout: bounds.answer_timeout,
            idle_timeout: bounds.idle_timeout,
        })
    }

    /// Sends a request to `path` under the base, with what of the client's headers is the upstream's business.
    ///
    /// # Errors
    /// [`Trouble`] if there is no answer, or one that only concerns the gateway and its own account.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        client: &HeaderMap,
        body: Body,
    ) -> Result<Response<Body>, Trouble> {
        let request = self
            .request(method, path, client, body)
            .map_err(Trouble::Request)?;
        let answer = async {
            match &self.client {
                Transport::Plain(client) => client.request(request).await,
                Transport::Tls(client) => client.request(request).await,
            }
        };
        let answer = tokio::time::timeout(self.answer_timeout, answer).await;
        let answer = answer
            .map_err(|_| Trouble::Silent)?
            .map_err(Trouble::Failed)?;
        Trouble::of(&answer).map_or(Ok(()), Err)?;
        let (mut parts, body) = answer.into_parts();
        parts.headers = headers::of_answer(&parts.headers);
        parts.extensions.clear();
        Ok(Response::from_parts(
            parts,
            Body::new(Idle::new(body, self.idle_timeout)),
        ))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        client: &HeaderMap,
        body: Body,
    ) -> Result<Request<Body>, axum::http::Error> {
        let uri = format!("{}{path}", self.base);
        let mut request = Request::builder().method(method).uri(uri).body(body)?;
        let headers = request.headers_mut();
        *headers = headers::of_request(client);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.key {
            headers.insert(AUTHORIZATION, key.clone());
        }
        Ok(request)
    }
}
