//! How long a request lasts: its slot is held until its body ends, and no longer.

use std::convert::Infallible;
use std::future::pending;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use tollgate::{Cost, Dimension, LimitConfig, OnDrop, TenantConfig};
use tollgate_tower::{GateBuilder, PermitHandle};
use tower::{Service, ServiceExt, service_fn};

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
async fn a_body_that_fails_or_is_dropped_frees_the_slot() {
    let kit = Kit::new(one_slot());
    let response = respond(&kit, || Frames::new([Err(Broken)])).await;
    let mut body = Box::pin(response.into_body());
    assert_eq!(body.frame().await.unwrap().unwrap_err(), Broken);
    assert_eq!(kit.slots().await, 1);
    let response = respond(&kit, || Frames::chunks(["a"])).await;
    assert_eq!(kit.slots().await, 0);
    drop(response);
    assert_eq!(kit.slots().await, 1);
}

#[tokio::test]
async fn a_client_that_goes_away_frees_the_slot_and_pays_the_estimate() {
    let kit = Kit::new(one_slot().tokens_per_minute(100).requests_per_minute(10));
    kit.acme().await;
    let mut service = kit.before(service_fn(|_: Request<Empty>| async {
        pending::<()>().await;
        Ok::<_, Infallible>(Response::new(Empty::new()))
    }));
    let running = service.call(empty(get("/")));
    assert_eq!(kit.slots().await, 0);
    drop(running);
    assert_eq!(kit.slots().await, 1);
    let usage = kit.acme().await.usage();
    assert_eq!(usage.get("requests_per_minute").unwrap().remaining, 9);
}

#[tokio::test]
async fn a_client_that_goes_away_pays_nothing_if_the_gate_was_told_so() {
    let config = one_slot().requests_per_minute(10);
    let kit = Kit::with(config, |gate: GateBuilder| gate.on_drop(OnDrop::Refund));
    kit.acme().await;
    drop(kit.before(service_fn(hello)).call(empty(get("/"))));
    let usage = kit.acme().await.usage();
    assert_eq!(usage.get("requests_per_minute").unwrap().remaining, 10);
}

#[tokio::test]
async fn an_error_of_the_service_frees_the_slot() {
    let kit = Kit::new(one_slot());
    let broken = service_fn(|_: Request<Empty>| async { Err::<Response<Empty>, _>(Broken) });
    assert_eq!(
        kit.before(broken)
            .oneshot(empty(get("/")))
            .await
            .unwrap_err(),
        Broken
    );
    assert_eq!(kit.slots().await, 1);
}

#[tokio::test]
async fn a_settled_request_holds_its_slot_until_its_body_ends_and_a_stray_handle_holds_nothing() {
    let kit = Kit::new(one_slot().tokens_per_minute(100));
    let (send, mut stray) = tokio::sync::mpsc::unbounded_channel();
    let settle = service_fn(move |request: Request<Empty>| {
        let permit = request.extensions().get::<PermitHandle>().unwrap().clone();
        permit.settle(&Cost::tokens(30)).unwrap();
        send.send(permit).unwrap();
        async { Ok::<_, Infallible>(Response::new(Frames::chunks(["a"]))) }
    });
    let response = kit.before(settle).oneshot(empty(get("/"))).await.unwrap();
    let permit = stray.recv().await.unwrap();
    assert_eq!(kit.slots().await, 0, "settled, but not ended");
    drop(response);
    assert_eq!(
        kit.slots().await,
        1,
        "ended, though the handle is still there"
    );
    assert!(permit.settle(&Cost::tokens(0)).is_err());
    assert_eq!(
        kit.acme().await.usage().remaining(&Dimension::Tokens),
        Some(70)
    );
}

#[tokio::test]
async fn a_stream_may_settle_while_it_is_dropped() {
    struct Meter(PermitHandle, Frames);
    impl Drop for Meter {
        fn drop(&mut self) {
            self.0.settle(&Cost::tokens(42)).unwrap();
        }
    }
    impl Body for Meter {
        type Data = Bytes;
        type Error = Broken;
        fn poll_frame(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
            Pin::new(&mut self.1).poll_frame(cx)
        }
    }
    let kit = Kit::new(acme().tokens_per_minute(100));
    let metered = service_fn(|request: Request<Empty>| async move {
        let permit = request.extensions().get::<PermitHandle>().unwrap().clone();
        Ok::<_, Infallible>(Response::new(Meter(permit, Frames::chunks(["a", "b"]))))
    });
    let response = kit.before(metered).oneshot(empty(get("/"))).await.unwrap();
    drop(response);
    assert_eq!(
        kit.acme().await.usage().remaining(&Dimension::Tokens),
        Some(58)
    );
}

#[tokio::test]
async fn a_handler_may_settle_while_it_is_dropped() {
    struct Bill(PermitHandle);
    impl Drop for Bill {
        fn drop(&mut self) {
            self.0.settle(&Cost::tokens(9)).unwrap();
        }
    }
    let kit = Kit::new(acme().tokens_per_minute(100));
    let tenant = kit.acme().await;
    let mut service = kit.before(service_fn(|request: Request<Empty>| {
        let bill = Bill(request.extensions().get::<PermitHandle>().unwrap().clone());
        async move {
            let _bill = bill;
            pending::<Result<Response<Empty>, Infallible>>().await
        }
    }));
    drop(service.call(empty(get("/"))));
    assert_eq!(tenant.usage().remaining(&Dimension::Tokens), Some(91));
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
