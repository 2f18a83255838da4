//! The console: files that are part of the program; all data comes over the API.

mod files;

use std::sync::OnceLock;

use axum::Router;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY,
};
use http::{HeaderMap, HeaderName, StatusCode};
use sha2::{Digest, Sha256};

use self::files::FILES;

/// Pages run their own scripts, talk to their own host, and nobody frames them.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the console.
#[derive(Debug)]
struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    etag: OnceLock<String>,
}

/// `/console`, and what is below it. No credential is asked for: the files hold nothing but the program.
pub(crate) fn routes() -> Router {
    // Relative, since nobody here knows where the API is mounted.
    let to_folder = get(async || Redirect::permanent("console/"));
    let page = get(async |headers: HeaderMap| served("index.html", &headers));
    let router = Router::new()
        .route("/console", to_folder)
        .route("/console/", page);
    FILES.iter().fold(router, |router, file| {
        let serve = get(async |headers: HeaderMap| file.answer(&headers));
        router.route(&format!("/console/{}", file.name), serve)
    })
}

fn served(name: &str, headers: &HeaderMap) -> Response {
    let file = FILES.iter().find(|file| file.name == name);
    file.map_or_else(
        || StatusCode::NOT_FOUND.into_response(),
        |file| file.answer(headers),
    )
}

impl File {
    const fn new(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> Self {
        Self {
            name,
            kind,
            bytes,
            etag: OnceLock::new(),
        }
    }

    fn answer(&self, request: &HeaderMap) -> Response {
        let etag = self.etag();
        let headers: [(HeaderName, &str); 5] = [
            (ETAG, etag),
            // Kept, but asked for each time: a new version of the program has new files.
            (CACHE_CONTROL, "no-cache"),
            (CONTENT_TYPE, self.kind),
            (CONTENT_SECURITY_POLICY, POLICY),
            (REFERRER_POLICY, "no-referrer"),
        ];
        let known = request.get(IF_NONE_MATCH);
        if known.is_some_and(|known| known == etag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, self.bytes).into_response()
    }

    fn etag(&self) -> &str {
        self.etag.get_or_init(|| {
            let digest = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.bytes));
            format!("\"{digest}\"")
        })
    }
}

#[cfg(test)]
mod tests;
