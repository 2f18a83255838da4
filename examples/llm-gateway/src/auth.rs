//! Who asks: the tenant whose API key or token the request has.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tollgate::TenantId;
use tollgate_tower::Principal;

use crate::app::Gateway;
use crate::refusal::Refusal;

/// Lets only requests with a good key pass, and tells the gate whose they are.
///
/// It comes before anything reads the body: strangers can't make the gateway hold their bytes. The key goes no further.
pub(crate) async fn authenticate(
    State(gateway): State<Arc<Gateway>>,
    mut request: Request,
    next: Next,
) -> Response {
    match tenant(&gateway, request.headers()) {
        Ok(tenant) => {
            request.headers_mut().remove(AUTHORIZATION);
            request
                .extensions_mut()
                .insert(Principal::from(tenant.clone()));
            request.extensions_mut().insert(Caller(tenant));
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Whose request it is.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) TenantId);

fn tenant(gateway: &Gateway, headers: &HeaderMap) -> Result<TenantId, Refusal> {
    let key = bearer(headers)?;
    let tenant = gateway.credentials.tenant(key);
    tenant.map_err(|unknown| Refusal::unauthorized(unknown.to_string()))
}

/// The token of the one `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let missing = "You didn't provide an API key: send it as Authorization: Bearer YOUR_KEY.";
    let value = values
        .next()
        .ok_or_else(|| Refusal::unauthorized(missing))?;
    if values.next().is_some() {
        return Err(Refusal::unauthorized(
            "There is more than one Authorization header.",
        ));
    }
    let credentials = value.to_str().ok().and_then(|value| value.split_once(' '));
    credentials
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("Bearer"))
        .map(|(_, token)| token.trim_matches(' '))
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Refusal::unauthorized(missing))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(values: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&headers).ok().map(str::to_owned)
    }

    #[test]
    fn one_bearer_token_is_read_and_nothing_else_is() {
        assert_eq!(read(&["Bearer a.b"]).as_deref(), Some("a.b"));
        assert_eq!(read(&["bearer  x "]).as_deref(), Some("x"));
        for bad in [
            &[][..],
            &["Bearer"],
            &["Bearer "],
            &["Basic abc"],
            &["abc"],
            &["Bearer a", "Bearer a"],
        ] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
