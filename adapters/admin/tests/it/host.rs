//! A service with a gate and the admin API, on a port of its own.

use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tollgate::{Dimension, Engine, InMemorySource, LimitConfig, TenantConfig};
use tollgate_admin::{Admin, Credential, Role, TenantConfigs, Watch};
use tollgate_tower::{Gate, TollgateLayer};
use ureq::http::{HeaderMap, Request};

/// Who may only read.
pub(crate) const TOKEN: &str = "b5f1d5f0c8e04f4d9d54a8ce1d1c7f2e";
/// Who may write: `ops`, with the password `correct horse`.
pub(crate) const OPS: &str = "Basic b3BzOmNvcnJlY3QgaG9yc2U=";

/// Where the tenants are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Memory,
    #[cfg(feature = "store")]
    Sqlite,
}

/// Every kind that this build has.
pub(crate) const KINDS: &[Kind] = &[
    Kind::Memory,
    #[cfg(feature = "store")]
    Kind::Sqlite,
];

/// Goes with the test.
pub(crate) struct Host {
    address: SocketAddr,
    agent: ureq::Agent,
    _runtime: Runtime,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Host {
    /// With tenants in memory.
    pub(crate) fn start(tenants: impl IntoIterator<Item = TenantConfig>) -> Self {
        Self::over(Kind::Memory, tenants)
    }

    pub(crate) fn over(kind: Kind, tenants: impl IntoIterator<Item = TenantConfig>) -> Self {
        let runtime = Runtime::new().unwrap();
        let address = match kind {
            Kind::Memory => {
                let source = InMemorySource::new();
                tenants.into_iter().for_each(|it| source.set(it).unwrap());
                runtime.block_on(serve(source))
            }
            #[cfg(feature = "store")]
            Kind::Sqlite => runtime.block_on(async {
                let store = tollgate_store::TenantStore::connect("sqlite::memory:").await;
                let store = store.unwrap();
                store.migrate().await.unwrap();
                let source = tollgate_store::SqlSource::builder(store).start().await;
                let by = tollgate_store::By::new("test");
                for tenant in tenants {
                    source.set(&tenant, &by).await.unwrap();
                }
                serve(source).await
            }),
        };
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let config = config.allow_non_standard_methods(true);
        Self {
            address,
            agent: ureq::Agent::new_with_config(config.build()),
            _runtime: runtime,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn console(&self) -> String {
        self.url("/admin/console/")
    }

    /// The status of a request of the tenant.
    pub(crate) fn request(&self, tenant: &str) -> u16 {
        let request = self.agent.get(self.url("/api/data"));
        let answer = request.header("X-Tenant-ID", tenant).call().unwrap();
        answer.status().as_u16()
    }

    /// What the API answers to who may write.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&str>) -> Answer {
        self.ask_with(method, path, body, &[])
    }

    /// The same with further headers, or others.
    pub(crate) fn ask_with(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let mut usual = vec![("Authorization", OPS)];
        if body.is_some() {
            usual.push(("Content-Type", "application/json"));
        }
        let other = |name: &str| headers.iter().any(|(given, _)| *given == name);
        usual.retain(|(name, _)| !other(name));
        let all = usual.iter().chain(headers);
        self.send(method, path, body, all.copied())
    }

    /// What the API answers to a request with these headers alone.
    pub(crate) fn send<'h>(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
        headers: impl IntoIterator<Item = (&'h str, &'h str)>,
    ) -> Answer {
        let uri = self.url(&format!("/admin{path}"));
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let mut answer = match body {
            Some(body) => self.agent.run(request.body(body.to_owned()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        }
        .unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.body_mut().read_to_string().unwrap(),
        }
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that it is a problem of this status, as RFC 9457 has it; gives the names of the fields that are wrong.
    pub(crate) fn fields(&self, status: u16) -> Vec<String> {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status, "{self:?}");
        assert!(problem["title"].is_string() && problem["detail"].is_string());
        let errors = problem["errors"].as_array().into_iter().flatten();
        let fields = errors.map(|error| {
            assert!(error["detail"].is_string(), "{self:?}");
            error["field"].as_str().unwrap().to_owned()
        });
        fields.collect()
    }
}

async fn serve(source: impl TenantConfigs + Clone) -> SocketAddr {
    let watch = Watch::new();
    let builder = Engine::builder().source(source.clone());
    let engine = builder.hooks(watch.hooks()).build().unwrap();
    let reader = Credential::bearer(TOKEN, Role::ReadOnly).unwrap();
    let admin = Admin::builder(engine.clone(), source)
        .watch(watch)
        .credential(Credential::basic("ops", "correct horse", Role::ReadWrite).unwrap())
        .credential(reader.named("reader"))
        .build()
        .unwrap();
    let gate = Gate::builder(engine).build().unwrap();
    let data = get(|| async { "here you are" }).route_layer(TollgateLayer::new(gate));
    let own = Router::new().route(
        "/admin/own",
        get(|| async { "the host's own" }).post(|| async {}),
    );
    let app = Router::new()
        .route("/api/data", data)
        .merge(admin.guarded(own))
        .nest("/admin", admin.router());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async { axum::serve(listener, service).await.unwrap() });
    address
}

/// A few tenants of different kinds.
pub(crate) fn tenants() -> Vec<TenantConfig> {
    let id = |id: &str| id.parse().unwrap();
    let slots = LimitConfig::concurrency("in-flight", Dimension::Requests, 2);
    vec![
        TenantConfig::new(id("acme-corp"))
            .requests_per_minute(100)
            .tokens_per_minute(10_000)
            .allow_models(["gpt-4", "gpt-3.5-turbo"])
            .metadata("plan", "pro"),
        TenantConfig::new(id("acme-dev"))
            .parent(id("acme-corp"))
            .requests_per_minute(20),
        TenantConfig::new(id("initech"))
            .requests_per_minute(5)
            .limit(slots),
    ]
}
