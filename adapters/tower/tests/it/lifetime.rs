//! The frames of a body: trailers, sizes and ends pass through, and the slot is freed with the very last.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tollgate::{Dimension, LimitConfig, TenantConfig};
use tower::{ServiceExt, service_fn};

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
