//! Where the middleware can be put, what stands around it, and what becomes of errors on the way out.

use std::rc::Rc;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::error::ErrorBadGateway;
use actix_web::middleware::NormalizePath;
use actix_web::test::{TestRequest, call_service, init_service, read_body, try_call_service};
use actix_web::{App, rt, web};
use serde_json::Value;
use tollgate::{Dimension, Engine, InMemorySource, LimitConfig, TenantConfig};
use tollgate_actix::{
    Charge, CurrentTenant, Gate, GateBuilder, MaybeTenant, TollgateMiddleware, with_tenant,
};

fn acme() -> TenantConfig {
    TenantConfig::new("acme".parse().unwrap())
}

fn gate(config: TenantConfig, set_up: fn(GateBuilder) -> GateBuilder) -> (Engine, Gate) {
    let source = InMemorySource::new();
    source.set(config).unwrap();
    let engine = Engine::builder().source(source).build().unwrap();
    let gate = set_up(Gate::builder(engine.clone())).build().unwrap();
    (engine, gate)
}

fn get(path: &str) -> TestRequest {
    TestRequest::get()
        .uri(path)
        .insert_header(("X-Tenant-ID", "acme"))
}

/// What handlers of actix may hold over an await, and those of other frameworks may not.
async fn who(CurrentTenant(tenant): CurrentTenant) -> String {
    let tenant = Rc::new(tenant);
    rt::task::yield_now().await;
    tenant.id().to_string()
}

async fn anybody(MaybeTenant(tenant): MaybeTenant) -> String {
    tenant.map_or_else(|| "nobody".to_owned(), |tenant| tenant.id().to_string())
}

#[test]
fn it_goes_before_an_app_a_scope_or_a_resource_with_gates_of_their_own() {
    rt::System::new().block_on(async {
        let (engine, strict) = gate(acme().requests_per_minute(3), |gate| gate);
        let open = Gate::builder(engine).allow_missing(true).build().unwrap();
        let app = App::new()
            .service(
                web::scope("/scope")
                    .wrap(TollgateMiddleware::new(strict.clone()))
                    .route("/who", web::get().to(who)),
            )
            .service(
                web::resource("/resource")
                    .wrap(TollgateMiddleware::new(open))
                    .route(web::get().to(anybody)),
            )
            .route("/bare", web::get().to(who));
        let app = init_service(app).await;
        for (path, status) in [("/scope/who", 200), ("/resource", 200), ("/bare", 500)] {
            let response = call_service(&app, get(path).to_request()).await;
            assert_eq!(response.status(), status, "{path}");
        }
        let anonymous = |path| TestRequest::get().uri(path).to_request();
        let nobody = call_service(&app, anonymous("/resource")).await;
        assert_eq!(read_body(nobody).await, "nobody");
        assert_eq!(
            call_service(&app, anonymous("/scope/who")).await.status(),
            401
        );

        let app = App::new()
            .wrap(TollgateMiddleware::new(strict))
            .route("/who", web::get().to(who));
        let app = init_service(app).await;
        let response = call_service(&app, get("/who").to_request()).await;
        assert_eq!(read_body(response).await, "acme");
        let denied = call_service(&app, get("/nowhere").to_request()).await;
        assert_eq!(
            denied.status(),
            429,
            "one engine, one quota; the gate is asked first"
        );
    });
}

#[test]
fn without_the_middleware_every_extractor_says_why() {
    rt::System::new().block_on(async {
        let app = App::new()
            .route("/maybe", web::get().to(anybody))
            .route("/who", web::get().to(who));
        let app = init_service(app).await;
        for path in ["/maybe", "/who"] {
            let response = call_service(&app, get(path).to_request()).await;
            assert_eq!(response.status(), 500);
            assert_eq!(
                response.headers().get("content-type").unwrap(),
                "application/problem+json"
            );
            let body: Value = serde_json::from_slice(&read_body(response).await).unwrap();
            assert_eq!(body["code"], "tenant_gate_missing");
        }
    });
}

#[test]
fn a_layer_that_is_wrapped_later_vouches_for_the_tenant() {
    rt::System::new().block_on(async {
        let (_, gate) = gate(acme(), GateBuilder::without_header);
        let app = App::new()
            .route("/", web::get().to(who))
            .wrap(TollgateMiddleware::new(gate))
            .wrap_fn(|request, next| next.call(with_tenant(request, "acme".parse().unwrap())));
        let app = init_service(app).await;
        let response = call_service(&app, TestRequest::get().uri("/").to_request()).await;
        assert_eq!(read_body(response).await, "acme");
    });
}

#[test]
fn the_policy_sees_what_a_normaliser_before_it_has_made_of_the_path() {
    rt::System::new().block_on(async {
        let (_, gate) = gate(acme().allow_paths(["/api/data"]), |gate| gate);
        let bare = App::new().wrap(TollgateMiddleware::new(gate.clone()));
        let bare = init_service(bare.route("/api/data", web::get().to(who))).await;
        let response = call_service(&bare, get("/api//data/").to_request()).await;
        assert_eq!(response.status(), 403);
        let normalised = App::new()
            .wrap(TollgateMiddleware::new(gate))
            .wrap(NormalizePath::trim())
            .route("/api/data", web::get().to(who));
        let normalised = init_service(normalised).await;
        let response = call_service(&normalised, get("/api//data/").to_request()).await;
        assert_eq!(read_body(response).await, "acme");
    });
}

#[test]
fn an_error_between_gate_and_handler_ends_the_request_and_its_status_counts() {
    rt::System::new().block_on(async {
        let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        let (engine, gate) = gate(acme().requests_per_minute(9).limit(slot), |gate| {
            gate.on_outcome(|status| match status {
                502 => Charge::Refund,
                _ => Charge::Open,
            })
        });
        let app = App::new()
            .route("/", web::get().to(who))
            .wrap_fn(|request, next| {
                let response = next.call(request);
                async {
                    drop(response.await?);
                    Err::<ServiceResponse, _>(ErrorBadGateway("upstream is down"))
                }
            })
            .wrap(TollgateMiddleware::new(gate));
        let app = init_service(app).await;
        for _ in 0..3 {
            let error = try_call_service(&app, get("/").to_request())
                .await
                .unwrap_err();
            assert_eq!(error.as_response_error().status_code(), 502);
        }
        let acme = engine.get(&"acme".parse().unwrap()).unwrap();
        assert_eq!(acme.usage().remaining(&Dimension::Requests), Some(9));
        assert_eq!(acme.usage().get("in-flight").unwrap().remaining, 1);
    });
}

#[test]
fn layers_that_box_the_body_keep_its_end() {
    rt::System::new().block_on(async {
        let slot = LimitConfig::concurrency("in-flight", Dimension::Requests, 1);
        let (_, gate) = gate(acme().limit(slot), |gate| gate);
        let app = App::new()
            .route("/", web::get().to(who))
            .wrap(TollgateMiddleware::new(gate))
            .wrap_fn(|request, next| {
                let response = next.call(request);
                async { Ok(response.await?.map_into_boxed_body()) }
            });
        let app = init_service(app).await;
        for _ in 0..3 {
            let response = call_service(&app, get("/").to_request()).await;
            let denied = call_service(&app, get("/").to_request()).await;
            assert_eq!(
                (response.status().as_u16(), denied.status().as_u16()),
                (200, 429)
            );
            assert_eq!(read_body(response).await, "acme");
        }
    });
}
