//! How tower serves the suite: as services of hyper, and in axum's routers.

use std::net::TcpListener;
use std::sync::Arc;

use http::{Request, Response};
use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tollgate_http::conformance::{Door, Failure, Serving, Site};
use tollgate_http1::conformance::{DemoBody, handle, prepare};
use tollgate_tower::{GateBody, TollgateLayer};
use tower::{Layer, ServiceExt, service_fn};

pub(crate) struct Tower;

impl Door for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn open(&self, listener: TcpListener, site: Site) -> Serving {
        let site = Arc::new(site);
        Serving::tasks(listener, move |stream| {
            let site = Arc::clone(&site);
            async move {
                let service = service_fn(move |request| serve(Arc::clone(&site), request));
                let connection = http1::Builder::new();
                let service = TowerToHyperService::new(service);
                // An error says that the client has gone, or that the handler has failed.
                let _served = connection
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            }
        })
    }
}

type Body = Either<GateBody<DemoBody>, DemoBody>;

async fn serve(site: Arc<Site>, mut request: Request<Incoming>) -> Result<Response<Body>, Failure> {
    prepare(&site.demo, &mut request);
    let path = request.uri().path();
    let room = site.rooms.iter().find(|room| room.holds(path)).unwrap();
    let (demo, need) = (site.demo.clone(), room.need);
    let handler = service_fn(move |request| handle(demo.clone(), need, request));
    if let Some(gate) = &room.gate {
        let service = TollgateLayer::new(gate.clone()).layer(handler);
        Ok(service.oneshot(request).await?.map(Either::Left))
    } else {
        Ok(handler.oneshot(request).await?.map(Either::Right))
    }
}

#[cfg(feature = "axum")]
pub(crate) use self::routers::Axum;

#[cfg(feature = "axum")]
mod routers {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::{Request, State};
    use axum::middleware::{Next, from_fn_with_state};
    use axum::response::{IntoResponse, Response};
    use http::StatusCode;
    use hyper::server::conn::http1;
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    use tollgate_http::conformance::{Demo, Door, Failure, Need, Room, Serving, Site};
    use tollgate_http1::conformance::{handle, prepare};
    use tollgate_tower::TollgateLayer;
    use tollgate_tower::extract::{CurrentPermit, CurrentTenant};

    use std::net::TcpListener;

    pub(crate) struct Axum;

    impl Door for Axum {
        fn name(&self) -> &'static str {
            "axum"
        }

        fn open(&self, listener: TcpListener, site: Site) -> Serving {
            let app = app(site);
            Serving::tasks(listener, move |stream| {
                let service = TowerToHyperService::new(app.clone());
                let connection = http1::Builder::new();
                let connection = connection.serve_connection(TokioIo::new(stream), service);
                async {
                    // An error says that the client has gone.
                    let _served = connection.await;
                }
            })
        }
    }

    fn app(site: Site) -> Router {
        let demo = site.demo;
        let mut app = Router::new();
        for room in site.rooms {
            let route = routed(&demo, &room);
            app = match room.path {
                "" => app.fallback_service(route),
                path => app.nest(path, route),
            };
        }
        app.layer(from_fn_with_state(demo, before))
    }

    async fn before(State(demo): State<Demo>, mut request: Request, next: Next) -> Response {
        prepare(&demo, &mut request);
        next.run(request).await
    }

    fn routed(demo: &Demo, room: &Room) -> Router {
        let route = match room.need {
            Need::Nothing => Router::new().fallback(anybody),
            Need::Tenant => Router::new().fallback(tenant),
            Need::Permit => Router::new().fallback(permit),
        };
        let route = route.with_state(demo.clone());
        match &room.gate {
            Some(gate) => route.layer(TollgateLayer::new(gate.clone())),
            None => route,
        }
    }

    async fn anybody(State(demo): State<Demo>, request: Request) -> Response {
        match handle(demo, Need::Nothing, request).await {
            Ok(response) => response.map(Body::new),
            Err(Failure) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }

    async fn tenant(_: CurrentTenant, demo: State<Demo>, request: Request) -> Response {
        anybody(demo, request).await
    }

    async fn permit(_: CurrentPermit, demo: State<Demo>, request: Request) -> Response {
        anybody(demo, request).await
    }
}
