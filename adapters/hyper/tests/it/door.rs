//! How hyper serves the suite.

use std::net::TcpListener;
use std::sync::Arc;

use http_body_util::Either;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tollgate_http::conformance::{Door, Failure, Serving, Site};
use tollgate_http1::conformance::{DemoBody, handle, prepare};
use tollgate_hyper::{GateBody, Tollgate};

pub(crate) struct Hyper;

impl Door for Hyper {
    fn name(&self) -> &'static str {
        "hyper"
    }

    fn open(&self, listener: TcpListener, site: Site) -> Serving {
        let site = Arc::new(site);
        Serving::tasks(listener, move |stream| {
            let site = Arc::clone(&site);
            async move {
                let service = service_fn(move |request| serve(Arc::clone(&site), request));
                let connection = http1::Builder::new();
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
        let service = Tollgate::new(handler, gate.clone());
        Ok(service.call(request).await?.map(Either::Left))
    } else {
        Ok(handler.call(request).await?.map(Either::Right))
    }
}
