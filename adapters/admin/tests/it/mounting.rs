//! Hosts that are not axum, and the API alone.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use axum::Router;
use axum::body::Body;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::runtime::Runtime;
use tollgate::{Engine, InMemorySource};
use tollgate_admin::{Admin, Credential, Role};
use tower_service::Service;

use crate::host::{OPS, tenants};

fn admin() -> Admin {
    let source = InMemorySource::new();
    for tenant in tenants() {
        source.set(tenant).unwrap();
    }
    let engine = Engine::builder().source(source.clone()).build().unwrap();
    let ops = Credential::basic("ops", "correct horse", Role::ReadWrite).unwrap();
    Admin::builder(engine, source)
        .credential(ops)
        .build()
        .unwrap()
}

fn mounted() -> Router {
    Router::new().nest("/admin", admin().router())
}

/// What a client gets of a server that has the API at `/admin`.
fn check(address: SocketAddr) {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let agent = ureq::Agent::new_with_config(config.build());
    let get = |path: &str, credential: &str| {
        let request = agent.get(format!("http://{address}/admin{path}"));
        let mut answer = request.header("Authorization", credential).call().unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        (answer.status().as_u16(), text)
    };
    assert_eq!(get("/tenants/initech", "").0, 401);
    let (status, text) = get("/tenants/initech", OPS);
    assert!(
        status == 200 && text.contains("\"requests_per_minute\":5"),
        "{text}"
    );
    assert!(get("/console/", "").1.contains("main.js"));
    let request = agent.put(format!("http://{address}/admin/tenants/initech/quota"));
    let request = request
        .header("Authorization", OPS)
        .content_type("application/json");
    let answer = request.send("{\"requests_per_minute\": -1}").unwrap();
    assert_eq!(answer.status(), 422);
    // Every wrong try comes from one address, which the server knows.
    for _ in 0..20 {
        get("/tenants", "Bearer wrong");
    }
    assert_eq!(get("/tenants", "Bearer wrong").0, 429);
    assert_eq!(get("/tenants", OPS).0, 200);
}

#[test]
fn hyper_serves_it() {
    let runtime = Runtime::new().unwrap();
    let address = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap();
        let address = listener.local_addr().unwrap();
        let router = mounted();
        tokio::spawn(async move {
            loop {
                let (stream, peer) = listener.accept().await.unwrap();
                let router = router
                    .clone()
                    .layer(axum::Extension(axum::extract::ConnectInfo(peer)));
                let service = TowerToHyperService::new(router);
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        address
    });
    check(address);
}

/// A request of actix's, answered by a router. Bodies that go on, such as the stream of events, go on.
async fn forward(request: HttpRequest, body: Bytes, router: Data<Router>) -> HttpResponse {
    let mut asked = http::Request::builder()
        .method(request.method().as_str())
        .uri(request.uri().to_string());
    for (name, value) in request.headers() {
        asked = asked.header(name.as_str(), value.as_bytes());
    }
    let mut asked = asked.body(Body::from(body)).unwrap();
    if let Some(peer) = request.peer_addr() {
        asked
            .extensions_mut()
            .insert(axum::extract::ConnectInfo(peer));
    }
    let Ok(answer) = router.get_ref().clone().call(asked).await;
    let (parts, body) = answer.into_parts();
    let status = actix_web::http::StatusCode::from_u16(parts.status.as_u16()).unwrap();
    let mut response = HttpResponse::build(status);
    for (name, value) in &parts.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.streaming(body.into_data_stream())
}

#[test]
fn actix_serves_it() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let (ready, is_ready) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async {
            let router = Data::new(mounted());
            let app = move || {
                let admin = web::resource("/admin/{rest}*").to(forward);
                App::new().app_data(Data::clone(&router)).service(admin)
            };
            let server = HttpServer::new(app)
                .workers(1)
                .listen(listener)
                .unwrap()
                .run();
            ready.send(server.handle()).unwrap();
            server.await.unwrap();
        });
    });
    let handle = is_ready.recv().unwrap();
    check(address);
    Runtime::new().unwrap().block_on(handle.stop(false));
}

#[tokio::test]
async fn alone_it_listens_on_loopback_unless_told_otherwise() {
    let admin = admin();
    let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let refused = admin.listen(any).await.unwrap_err().to_string();
    assert!(refused.contains("listen_beyond_loopback"), "{refused}");
    let beyond = admin.listen_beyond_loopback(any).await.unwrap();
    assert!(beyond.address().ip().is_unspecified());
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listening = admin.listen(own).await.unwrap();
    let address = listening.address();
    tokio::spawn(listening.run());
    tokio::task::spawn_blocking(move || check(address))
        .await
        .unwrap();
}

#[test]
fn without_a_credential_there_is_no_api() {
    let source = InMemorySource::new();
    let engine = Engine::builder().source(source.clone());
    let engine = engine.build_without_actors().unwrap();
    let refused = Admin::builder(engine, source).build().unwrap_err();
    assert!(refused.to_string().contains("credential"), "{refused}");
}
