//! The fake upstream: an OpenAI-shaped server on a free port of its own.
//!
//! | model | what it does |
//! |---|---|
//! | `demo-small`, `demo-large` | answers, a word a token |
//! | `demo-slow` | as a stream never comes to an end; 20 words a second |
//! | `fail-500`, `fail-429`, `fail-400` | fails with this status |
//! | `fail-midway` | breaks its stream off after three words |

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::net::TcpListener;

use super::answer::Question;
use super::books::Books;
use super::stream::Stream;

/// The key of the gateway's account: clients' keys are none here.
pub(super) const KEY: &str = "sk-upstream-of-the-demo";

const MODELS: [&str; 7] = [
    "demo-small",
    "demo-large",
    "demo-slow",
    "fail-500",
    "fail-429",
    "fail-400",
    "fail-midway",
];

/// Starts it, in the background; returns its URL.
pub(super) async fn start(books: Arc<Books>) -> std::io::Result<String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    let app = Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/models", get(models))
        .with_state(books);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(url)
}

async fn chat(
    State(books): State<Arc<Books>>,
    headers: HeaderMap,
    Json(question): Json<Question>,
) -> Response {
    books.upstream.requests.add(1);
    if !is_the_gateway(&headers) {
        return failure(StatusCode::UNAUTHORIZED, "invalid_api_key");
    }
    let status = match question.model.as_str() {
        "fail-500" => StatusCode::INTERNAL_SERVER_ERROR,
        "fail-429" => StatusCode::TOO_MANY_REQUESTS,
        "fail-400" => StatusCode::BAD_REQUEST,
        model if MODELS.contains(&model) => StatusCode::OK,
        _ => StatusCode::NOT_FOUND,
    };
    if status != StatusCode::OK {
        return failure(status, "asked_for");
    }
    let answer = question.answer();
    let mut response = if question.stream {
        let stream = Stream::new(answer, question.tells_usage(), books);
        (
            [(CONTENT_TYPE, "text/event-stream; charset=utf-8")],
            Body::new(stream),
        )
            .into_response()
    } else {
        books.served(&answer);
        Json(answer.completion()).into_response()
    };
    as_openai_does(response.headers_mut());
    response
}

async fn models() -> Json<serde_json::Value> {
    let model = |id: &&str| json!({"id": id, "object": "model", "created": 1_764_000_000, "owned_by": "demo"});
    Json(json!({"object": "list", "data": MODELS.iter().map(model).collect::<Vec<_>>()}))
}

fn is_the_gateway(headers: &HeaderMap) -> bool {
    let shown = headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
    shown.is_some_and(|shown| shown == format!("Bearer {KEY}").as_bytes())
}

/// Headers that are nothing to the gateway's clients.
fn as_openai_does(headers: &mut HeaderMap) {
    headers.insert(
        HeaderName::from_static("x-ratelimit-remaining-tokens"),
        HeaderValue::from_static("149984"),
    );
    headers.insert(SET_COOKIE, HeaderValue::from_static("__cf_bm=1; HttpOnly"));
    headers.insert(
        HeaderName::from_static("x-request-id"),
        HeaderValue::from_static("req_demo"),
    );
}

fn failure(status: StatusCode, code: &str) -> Response {
    let error = json!({"message": "The fake upstream fails, as it was asked to.", "type": "demo", "param": null, "code": code});
    let mut response = (status, Json(json!({"error": error}))).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response
            .headers_mut()
            .insert("retry-after", HeaderValue::from_static("1"));
    }
    response
}
