//! The frames of a body: trailers, sizes and ends pass through, and the slot is freed with the very last.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tollgate::{Dimension, Engine, FinishEvent, Hooks, InMemorySource, LimitConfig, TenantConfig};
use tollgate_tower::{Gate, TollgateLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::kit::{Empty, Kit, acme, empty, get, hello};

/// A body of given frames, as a tonic service streams them.
struct Frames(std::vec::IntoIter<Result<Frame<Bytes>, Broken>>);

#[derive(Debug, Clone, PartialEq)]
struct Broken;

impl Frames {
    fn new(frames: impl IntoIterator<Item = Result<Frame<Bytes>, Broken>>) -> Self {
        Self(frames.into_iter().collect::<Vec<_>>().into_iter())
    }

    fn chunks<const N: usize>(chunks: [&'static str; N]) -> Self {
        Self::new(chunks.map(|chunk| Ok(Frame::data(Bytes::from(chunk)))))
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        Poll::Ready(self.0.next())
    }
}

fn one_slot() -> TenantConfig {
    acme().limit(LimitConfig::concurrency(
        "in-flight",
        Dimension::Requests,
        1,
    ))
}

async fn respond<B>(
    kit: &Kit,
    body: impl FnOnce() -> B + Clone,
) -> Response<impl Body<Data = Bytes, Error = B::Error>>
where
    B: Body<Data = Bytes>,
{
    let answer = service_fn(move |_: Request<Empty>| {
        let body = body.clone();
        async move { Ok::<_, Infallible>(Response::new(body())) }
    });
    kit.before(answer).oneshot(empty(get("/"))).await.unwrap()
}

#[tokio::test]
async fn a_slot_is_held_until_the_last_frame_and_not_a_frame_longer() {
    let kit = Kit::new(one_slot());
    let response = respond(&kit, || Frames::chunks(["a", "b"])).await;
    let mut body = Box::pin(response.into_body());
    for _ in 0..2 {
        assert_eq!(kit.slots().await, 0);
        assert!(body.frame().await.unwrap().is_ok());
    }
    assert_eq!(kit.slots().await, 0, "the end is not known yet");
    assert!(body.frame().await.is_none());
    assert_eq!(kit.slots().await, 1, "the body still exists, but has ended");
    drop(body);
    assert_eq!(kit.slots().await, 1);
}

#[tokio::test]
async fn a_body_that_knows_its_end_frees_the_slot_with_its_last_frame() {
    let kit = Kit::new(one_slot());
    let mut body = Box::pin(respond(&kit, || Full::from("all")).await.into_body());
    assert_eq!(kit.slots().await, 0);
    assert!(body.frame().await.unwrap().is_ok());
    assert_eq!(kit.slots().await, 1);
}

#[tokio::test]
async fn trailers_sizes_and_ends_pass_through_as_a_tonic_service_needs() {
    let kit = Kit::new(acme().requests_per_minute(10));
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let sent = trailers.clone();
    let response = respond(&kit, move || {
        Frames::new([
            Ok(Frame::data(Bytes::from("message"))),
            Ok(Frame::trailers(sent)),
        ])
    });
    let collected = response.await.into_body().collect().await.unwrap();
    assert_eq!(collected.trailers(), Some(&trailers));
    assert_eq!(collected.to_bytes(), "message");

    let sized = respond(&kit, || Full::from("12345")).await.into_body();
    assert_eq!(sized.size_hint().exact(), Some(5));
    assert!(!sized.is_end_stream());
    assert!(respond(&kit, Empty::new).await.into_body().is_end_stream());
    let unsized_body = respond(&kit, || Frames::chunks(["a"])).await.into_body();
    assert_eq!(unsized_body.size_hint().upper(), SizeHint::new().upper());
}

#[tokio::test]
async fn a_refusal_s_body_has_a_size_and_an_end() {
    let kit = Kit::new(acme());
    let response = kit
        .before(service_fn(hello))
        .oneshot(empty(Request::get("/")))
        .await
        .unwrap();
    let mut body = response.into_body();
    let size = body.size_hint().exact().unwrap();
    assert!(size > 50 && !body.is_end_stream());
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(u64::try_from(frame.len()), Ok(size));
    assert!(body.is_end_stream() && body.frame().await.is_none());
}

/// Notes whether each request came to its proper end.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<bool>>>);

impl Hooks for Ends {
    fn on_finish(&self, event: &FinishEvent) {
        self.0.lock().unwrap().push(event.complete);
    }
}

/// Whether a request ended well whose response's body was asked for `frames` frames and then dropped.
async fn ends_well(
    request: http::request::Builder,
    response: impl Fn(Frames) -> Response<Frames> + Copy,
    frames: usize,
) -> bool {
    let ends = Ends::default();
    let source = InMemorySource::new();
    source.set(acme()).unwrap();
    let engine = Engine::builder().source(source).hooks_inline(ends.clone());
    let gate = Gate::builder(engine.build().unwrap()).build().unwrap();
    let answer = service_fn(move |_: Request<Empty>| async move {
        let data = Frame::data(Bytes::from("data"));
        let trailers = Frame::trailers(HeaderMap::new());
        Ok::<_, Infallible>(response(Frames::new([Ok(data), Ok(trailers)])))
    });
    let service = TollgateLayer::new(gate).layer(answer);
    let request = request.header("X-Tenant-ID", "acme");
    let response = service.oneshot(empty(request)).await.unwrap();
    let mut body = Box::pin(response.into_body());
    for _ in 0..frames {
        assert!(body.frame().await.unwrap().is_ok());
    }
    drop(body);
    let ends = ends.0.lock().unwrap();
    assert_eq!(ends.len(), 1);
    ends[0]
}

#[tokio::test]
async fn a_body_has_ended_with_its_trailers_for_no_server_asks_for_more() {
    assert!(ends_well(Request::get("/"), Response::new, 2).await);
    assert!(!ends_well(Request::get("/"), Response::new, 1).await);
}

#[tokio::test]
async fn a_response_that_has_a_head_only_has_ended_with_it_whatever_body_it_was_given() {
    let with = |status: u16| move |body| Response::builder().status(status).body(body).unwrap();
    let connect = || Request::connect("example.com:443");
    assert!(ends_well(Request::head("/"), Response::new, 0).await);
    assert!(ends_well(connect(), Response::new, 0).await);
    assert!(!ends_well(connect(), with(403), 0).await);
    for status in [101, 204, 304] {
        assert!(
            ends_well(Request::get("/"), with(status), 0).await,
            "{status}"
        );
    }
    for status in [200, 205, 404] {
        assert!(
            !ends_well(Request::get("/"), with(status), 0).await,
            "{status}"
        );
    }
}
