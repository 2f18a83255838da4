//! How actix serves the suite.

use std::net::TcpListener;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Server, ServerHandle, Service, ServiceRequest};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, Data, ServiceConfig};
use actix_web::{App, Error, HttpMessage, HttpRequest, HttpResponse, HttpServer, Scope, rt, web};
use tollgate::Tenant;
use tollgate_actix::{CurrentPermit, CurrentTenant, PermitHandle, TollgateMiddleware};
use tollgate_http::conformance::{
    Answer, AnswerBody, Broken, Chunks, Demo, Door, Need, Room, Serving, Site, Visit,
};

pub(crate) struct Actix;

impl Door for Actix {
    fn name(&self) -> &'static str {
        "actix"
    }

    /// A half that is closed is no reason for actix to drop a handler; see this crate's page.
    fn hears_hang_ups(&self) -> bool {
        false
    }

    fn open(&self, listener: TcpListener, site: Site) -> Serving {
        let (send, handle) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                let server = server(listener, site);
                send.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Serving::until_dropped(Running {
            server: handle.recv().unwrap(),
            thread: Some(thread),
        })
    }
}

/// A server on a thread of its own.
struct Running {
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It is asked at once; the future only says when it is done, as the thread's end does.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn server(listener: TcpListener, site: Site) -> Server {
    let app = move || {
        let (demo, rooms) = (site.demo.clone(), site.rooms.clone());
        App::new()
            .app_data(Data::new(demo.clone()))
            .wrap_fn(move |request, next| {
                prepare(&demo, &request);
                next.call(request)
            })
            .configure(|app| rooms.into_iter().for_each(|room| open(app, room)))
    };
    let server = HttpServer::new(app).workers(1).disable_signals();
    server.listen(listener).unwrap().run()
}

/// What layers before the gate do.
fn prepare(demo: &Demo, request: &ServiceRequest) {
    let before = demo.before(act(request.request()));
    let mut extensions = request.extensions_mut();
    before
        .principal
        .map(|principal| extensions.insert(principal));
    before.facts.map(|facts| extensions.insert(facts));
    before.mark.map(|mark| extensions.insert(mark));
}

fn open(app: &mut ServiceConfig, room: Room) {
    let scope = match room.need {
        Need::Nothing => web::scope(room.path).default_service(web::to(anybody)),
        Need::Tenant => web::scope(room.path).default_service(web::to(tenant)),
        Need::Permit => web::scope(room.path).default_service(web::to(permit)),
    };
    guarded(app, scope, room);
}

fn guarded(app: &mut ServiceConfig, scope: Scope, room: Room) {
    match room.gate {
        Some(gate) => app.service(scope.wrap(TollgateMiddleware::new(gate))),
        None => app.service(scope),
    };
}

async fn anybody(
    demo: Data<Demo>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    let visit = Visit {
        tenant: request.extensions().get::<Tenant>().cloned(),
        permit: request.extensions().get::<PermitHandle>().cloned(),
        body: body.into(),
    };
    let answer = demo.answer(act(&request), visit).await;
    answer.map(answered).map_err(ErrorInternalServerError)
}

async fn tenant(
    _: CurrentTenant,
    demo: Data<Demo>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    anybody(demo, request, body).await
}

async fn permit(
    _: CurrentPermit,
    demo: Data<Demo>,
    request: HttpRequest,
    body: Bytes,
) -> Result<HttpResponse, Error> {
    anybody(demo, request, body).await
}

fn act(request: &HttpRequest) -> Option<&[u8]> {
    let act = request.headers().get(Demo::HEADER);
    act.map(HeaderValue::as_bytes)
}

fn answered(answer: Answer) -> HttpResponse {
    let status = answer.status.try_into().unwrap();
    let mut response = HttpResponse::build(status);
    for header in answer.headers {
        response.insert_header(header);
    }
    match answer.body {
        AnswerBody::Empty => response.finish(),
        AnswerBody::Whole(bytes) => response.body(bytes),
        AnswerBody::Stream { chunks, length } => response.body(Stream { chunks, length }),
    }
}

/// A body that comes bit by bit.
struct Stream {
    chunks: Chunks,
    length: Option<u64>,
}

impl MessageBody for Stream {
    type Error = Broken;

    fn size(&self) -> BodySize {
        self.length.map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Broken>>> {
        let chunk = self.get_mut().chunks.poll_next(cx);
        chunk.map(|chunk| chunk.map(|chunk| chunk.map(Bytes::from)))
    }
}
