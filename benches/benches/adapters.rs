//! What does each adapter add to a request, beside `tower_governor`'s layer?
//!
//! `cargo bench -p benches --bench adapters`. A service that answers at once, bare and behind the gate, on each of the
//! three frameworks; the tables of what is added have what is left when the bare service's time is taken off. The tenant
//! comes in a header. (`actix-governor` is under the GPL and not among our dependencies.)
#![expect(clippy::unwrap_used, reason = "a bench that can't be set up must stop")]

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use actix_web::dev::{Service as ActixService, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use axum::body::Body;
use benches::{
    Contender, HEADER, Measured, PLENTY, Table, asking, bare, compare, engine_of, four_limits,
    gate, id, name,
};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Empty;
use hyper::service::Service as HyperService;
use tollgate_actix::TollgateMiddleware;
use tollgate_tower::{Gate, HeaderProfile, TollgateLayer};
use tower::{Layer, Service};
use tower_governor::governor::GovernorConfigBuilder;
use tower_governor::key_extractor::KeyExtractor;
use tower_governor::{GovernorError, GovernorLayer};

fn main() {
    tower();
    hyper();
    actix();
}

fn tower() {
    let admitted = compare(
        "a request, admitted",
        Duration::from_millis(5),
        Duration::from_secs(6),
        vec![
            through("bare", bare()),
            through("tower_governor", governor(u32::MAX).layer(bare())),
            through("tower_governor, headers", governor_headers().layer(bare())),
            through("tollgate, 4 limits", tollgate(PLENTY, []).layer(bare())),
            through(
                "tollgate, 4 limits, ietf headers",
                tollgate(PLENTY, [HeaderProfile::Ietf]).layer(bare()),
            ),
            through(
                "tollgate, 4 limits, x-ratelimit headers",
                tollgate(PLENTY, [HeaderProfile::XRateLimit]).layer(bare()),
            ),
        ],
    );
    added("added to an admitted request", &admitted);
    let denied = compare(
        "a request, denied",
        Duration::from_millis(5),
        Duration::from_secs(4),
        vec![
            through("bare", bare()),
            through("tower_governor", governor(1).layer(bare())),
            through(
                "tollgate, 4 limits, ietf headers",
                tollgate(1, [HeaderProfile::Ietf]).layer(bare()),
            ),
        ],
    );
    added("a denial, less the bare service", &denied);
}

fn hyper() {
    let gated = |gate| hyper_asking(tollgate_hyper::Tollgate::new(hyper_bare(), gate));
    let measured = compare(
        "a request through hyper's service",
        Duration::from_millis(5),
        Duration::from_secs(4),
        vec![
            Contender::each("bare", hyper_asking(hyper_bare())),
            Contender::each("tollgate, 4 limits", gated(plain_gate(PLENTY, []))),
            Contender::each(
                "tollgate, 4 limits, ietf headers",
                gated(plain_gate(PLENTY, [HeaderProfile::Ietf])),
            ),
        ],
    );
    added("added to an admitted request, hyper", &measured);
}

fn actix() {
    let runtime = actix_web::rt::System::new();
    let through = |title: &str, gates: Option<Gate>| {
        let mut ask = runtime.block_on(actix_asking(gates));
        assert!(ask().is_success());
        Contender::each(title, ask)
    };
    let measured = compare(
        "a request through actix-web's app",
        Duration::from_millis(5),
        Duration::from_secs(4),
        vec![
            through("bare", None),
            through("tollgate, 4 limits", Some(plain_gate(PLENTY, []))),
            through(
                "tollgate, 4 limits, ietf headers",
                Some(plain_gate(PLENTY, [HeaderProfile::Ietf])),
            ),
        ],
    );
    added("added to an admitted request, actix", &measured);
}

fn plain_gate<const N: usize>(capacity: u64, profiles: [HeaderProfile; N]) -> Gate {
    let engine = engine_of(1, four_limits(id(0), capacity));
    let gate = Gate::builder(engine).header_name(HEADER).profiles(profiles);
    gate.build().unwrap()
}

type Nothing = Empty<Bytes>;

/// A service of hyper's that answers every request with an empty body.
fn hyper_bare() -> impl HyperService<
    Request<Nothing>,
    Response = Response<Nothing>,
    Error = Infallible,
    Future = Ready<Result<Response<Nothing>, Infallible>>,
> + Clone {
    hyper::service::service_fn(|_: Request<Nothing>| ready(Ok(Response::new(Nothing::new()))))
}

fn hyper_asking<S, B>(service: S) -> impl FnMut() -> StatusCode
where
    S: HyperService<Request<Nothing>, Response = Response<B>, Error = Infallible>,
{
    let tenant = HeaderValue::from_str(&name(0)).unwrap();
    move || {
        let request = Request::get("/api/data").header(HEADER, tenant.clone());
        let response = service.call(request.body(Nothing::new()).unwrap());
        at_once(pin!(response)).unwrap().status()
    }
}

/// What an app answers on its one route, which is behind the gate if there is one.
async fn actix_asking(gate: Option<Gate>) -> Box<dyn FnMut() -> actix_web::http::StatusCode> {
    let route = || web::resource("/api/data").route(web::get().to(HttpResponse::Ok));
    let tenant = name(0);
    let request = move || {
        let request = TestRequest::get().uri("/api/data");
        request.insert_header((HEADER, tenant.as_str()))
    };
    match gate {
        None => {
            let app = init_service(App::new().service(route())).await;
            actix_calls(app, move || request().to_request())
        }
        Some(gate) => {
            let guarded = route().wrap(TollgateMiddleware::new(gate));
            let app = init_service(App::new().service(guarded)).await;
            actix_calls(app, move || request().to_request())
        }
    }
}

fn actix_calls<S, R, B>(
    app: S,
    request: impl Fn() -> R + 'static,
) -> Box<dyn FnMut() -> actix_web::http::StatusCode>
where
    S: ActixService<R, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
{
    Box::new(move || {
        let response = app.call(request());
        at_once(pin!(response)).unwrap().status()
    })
}

/// What a future answers that is ready when it is first polled.
fn at_once<F: Future>(future: Pin<&mut F>) -> F::Output {
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => std::process::abort(),
    }
}

fn tollgate<const N: usize>(capacity: u64, profiles: [HeaderProfile; N]) -> TollgateLayer {
    gate(engine_of(1, four_limits(id(0), capacity)), profiles)
}

/// The header's value, as our gate takes it; `tower_governor` brings no extractor for that.
#[derive(Debug, Clone)]
struct Header;

impl KeyExtractor for Header {
    type Key = String;

    fn extract<T>(&self, request: &Request<T>) -> Result<String, GovernorError> {
        let value = request.headers().get(HEADER);
        let value = value.and_then(|value| value.to_str().ok());
        value
            .map(str::to_owned)
            .ok_or(GovernorError::UnableToExtractKey)
    }
}

/// One an hour, or one a nanosecond where the burst is more.
fn governor(
    burst: u32,
) -> GovernorLayer<Header, governor::middleware::NoOpMiddleware<governor::clock::QuantaInstant>, Body>
{
    let every = if burst == 1 {
        Duration::from_secs(3_600)
    } else {
        Duration::from_nanos(1)
    };
    let mut builder = GovernorConfigBuilder::default();
    let config = builder.period(every).burst_size(burst);
    GovernorLayer::new(config.key_extractor(Header).finish().unwrap())
}

fn governor_headers()
-> GovernorLayer<Header, governor::middleware::StateInformationMiddleware, Body> {
    let mut builder = GovernorConfigBuilder::default();
    let config = builder.period(Duration::from_nanos(1)).burst_size(u32::MAX);
    GovernorLayer::new(config.key_extractor(Header).use_headers().finish().unwrap())
}

fn through<'c, S, B: 'c>(title: &str, service: S) -> Contender<'c>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + 'c,
{
    let mut ask = asking(service);
    // The one that a limit of one lets through.
    assert!(ask().is_success());
    Contender::each(title, ask)
}

fn added(title: &str, measured: &[Measured]) {
    let Some((bare, layers)) = measured.split_first() else {
        return;
    };
    let first = layers
        .first()
        .map_or(f64::NAN, |one| one.median - bare.median);
    let table = Table::new(&[title, "median ns", "to the first"]);
    let table = layers.iter().fold(table, |table, one| {
        let own = one.median - bare.median;
        table.row(&[
            one.name.clone(),
            format!("{own:.0}"),
            format!("{:.2}", own / first),
        ])
    });
    table.print();
}
