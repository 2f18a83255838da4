//! The inner service that was polled ready is the one that is called, and a refusal hoards nothing.

use std::convert::Infallible;
use std::future::{Ready, poll_fn, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use http::{Request, Response};
use tollgate_tower::Tollgate;
use tower::Service;

use crate::kit::{Empty, Kit, acme, empty, get};

/// Reserves something when it is polled ready, gives it up when it is called or dropped, and can't
/// be called without.
struct Picky {
    reserved: bool,
    out: Arc<AtomicUsize>,
}

impl Picky {
    fn new() -> (Self, Arc<AtomicUsize>) {
        let out = Arc::new(AtomicUsize::new(0));
        (
            Self {
                reserved: false,
                out: Arc::clone(&out),
            },
            out,
        )
    }

    fn give_up(&mut self) {
        if std::mem::take(&mut self.reserved) {
            self.out.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// A clone has not been polled ready.
impl Clone for Picky {
    fn clone(&self) -> Self {
        Self {
            reserved: false,
            out: Arc::clone(&self.out),
        }
    }
}

impl Drop for Picky {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Service<Request<Empty>> for Picky {
    type Response = Response<Empty>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        if !self.reserved {
            self.reserved = true;
            self.out.fetch_add(1, Ordering::SeqCst);
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Empty>) -> Self::Future {
        assert!(self.reserved, "called without being polled ready");
        self.give_up();
        ready(Ok(Response::new(Empty::new())))
    }
}

async fn call(service: &mut Tollgate<Picky>, request: Request<Empty>) -> u16 {
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    service.call(request).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_service_that_was_polled_ready_is_the_one_that_is_called() {
    let kit = Kit::new(acme());
    let (picky, out) = Picky::new();
    let mut service = kit.before(picky);
    // The first call loads the tenant, so that the service waits in the future; the others do not.
    for _ in 0..3 {
        assert_eq!(call(&mut service, empty(get("/"))).await, 200);
        assert_eq!(out.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test]
async fn a_refusal_gives_up_what_readiness_reserved_and_the_next_call_starts_anew() {
    let kit = Kit::new(acme());
    let (picky, out) = Picky::new();
    let mut service = kit.before(picky);
    for _ in 0..2 {
        assert_eq!(call(&mut service, empty(Request::get("/"))).await, 401);
        assert_eq!(out.load(Ordering::SeqCst), 0);
        let stranger = Request::get("/").header("x-tenant-id", "stranger");
        assert_eq!(call(&mut service, empty(stranger)).await, 404);
        assert_eq!(out.load(Ordering::SeqCst), 0);
        assert_eq!(call(&mut service, empty(get("/"))).await, 200);
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_while_it_decides_gives_up_what_readiness_reserved() {
    let kit = Kit::new(acme());
    let (picky, out) = Picky::new();
    let mut service = kit.before(picky);
    poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
    let undecided = service.call(empty(get("/")));
    assert_eq!(
        format!("{undecided:?}"),
        "ResponseFuture(Passage { stage: \"deciding\", .. })"
    );
    assert_eq!(out.load(Ordering::SeqCst), 1);
    drop(undecided);
    assert_eq!(out.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_inner_service_s_errors_stay_what_they_are() {
    #[derive(Debug, PartialEq)]
    struct Broken;
    let kit = Kit::new(acme());
    let broken = tower::service_fn(|_: Request<Empty>| async { Err::<Response<Empty>, _>(Broken) });
    let result = tower::ServiceExt::oneshot(kit.before(broken), empty(get("/"))).await;
    assert_eq!(result.unwrap_err(), Broken);
}
