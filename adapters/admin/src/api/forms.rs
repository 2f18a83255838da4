//! The JSON of tenants, as it is sent and as the document describes it.
//!
//! The forms of configs are described here and written and read by the engine's own; a test holds the one to the other.

use std::collections::BTreeMap;

use serde::Serialize;
use tollgate::{TenantConfig, TenantId};
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ObjectBuilder, RefOr, Type};
use utoipa::{Modify, ToSchema};

use crate::configs::Entry;
use crate::problem::ProblemBody;

/// A tenant.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Tenant {
    #[serde(flatten)]
    #[schema(value_type = TenantForm)]
    pub(crate) config: TenantConfig,
    /// Grows with every change; `ETag` has it, too.
    #[schema(read_only)]
    pub(crate) version: u64,
    /// When it was added, as RFC 3339 in UTC; `null` if the source doesn't know.
    #[schema(read_only)]
    pub(crate) created_at: Option<String>,
    /// When it was last changed, as RFC 3339 in UTC; `null` if the source doesn't know.
    #[schema(read_only)]
    pub(crate) updated_at: Option<String>,
}

/// A tenant whose entry in the source is no config: it can be replaced or removed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct BrokenTenant {
    /// The tenant.
    #[schema(value_type = String)]
    tenant_id: TenantId,
    /// Everything that is wrong.
    error: String,
    /// Grows with every change.
    version: u64,
    /// When it was added.
    created_at: Option<String>,
    /// When it was last changed.
    updated_at: Option<String>,
}

/// A tenant, or what is wrong with its entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Row {
    Tenant(Box<Tenant>),
    Broken(BrokenTenant),
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        match entry.config {
            Ok(config) => Self::Tenant(Box::new(Tenant {
                config,
                version: entry.version,
                created_at: entry.created_at,
                updated_at: entry.updated_at,
            })),
            Err(error) => Self::Broken(BrokenTenant {
                tenant_id: entry.tenant,
                error,
                version: entry.version,
                created_at: entry.created_at,
                updated_at: entry.updated_at,
            }),
        }
    }
}

/// A tenant in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedTenant {
    #[serde(flatten)]
    pub(crate) row: Row,
    /// How it is doing.
    pub(crate) summary: Summary,
}

/// How a tenant is doing in this process.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Summary {
    /// The limit that is fullest; `null` if there is none, or the tenant is not in memory.
    pub(crate) tightest: Option<Tightest>,
    /// Requests that were admitted since the tenant is watched.
    pub(crate) admitted: u64,
    /// Requests that were denied since.
    pub(crate) denied: u64,
    /// Whether it is in memory.
    pub(crate) loaded: bool,
}

/// The limit of a tenant that is fullest.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tightest {
    /// Its name.
    pub(crate) limit: String,
    /// What is used of it.
    pub(crate) used: u64,
    /// How much it holds.
    pub(crate) capacity: u64,
}

/// Some tenants.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TenantPage {
    /// The tenants.
    pub(crate) tenants: Vec<ListedTenant>,
    /// What `after` is to be for the next page; `null`: there are no more.
    pub(crate) next: Option<String>,
}

/// How tenants are ordered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Sort)]
#[expect(dead_code, reason = "only described: the words are read elsewhere")]
pub(crate) enum SortForm {
    /// By id.
    Id,
    /// By what they have used.
    Use,
}

/// Counts of the last five minutes, the oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rates {
    /// How long a step is.
    pub(crate) step_seconds: u64,
    /// Requests admitted in each.
    pub(crate) admitted: Vec<u32>,
    /// Requests denied in each.
    pub(crate) denied: Vec<u32>,
}

/// How a request was decided on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    /// Yes.
    #[expect(dead_code, reason = "only described: the words are written elsewhere")]
    Admitted,
    /// No.
    #[expect(dead_code, reason = "as above")]
    Denied,
}

/// All that is configured for a tenant.
#[derive(Debug, ToSchema)]
#[schema(as = TenantConfig)]
#[expect(
    dead_code,
    reason = "only described: the engine's form is written and read"
)]
pub(crate) struct TenantForm {
    /// Who it is for: `[A-Za-z0-9._-]`, and neither `.` nor `..`.
    #[schema(
        min_length = 1,
        max_length = 255,
        pattern = "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$"
    )]
    tenant_id: String,
    #[serde(flatten)]
    fields: FieldsForm,
}

/// What is configured for a tenant, but for its id.
#[derive(Debug, ToSchema)]
#[schema(as = TenantFields)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct FieldsForm {
    /// Whether it is admitted at all. Default: active.
    #[schema(required = false)]
    status: StatusForm,
    /// The tenant that whatever this one spends is charged to as well: one that there is. Default: none.
    #[schema(
        required = false,
        nullable = false,
        min_length = 1,
        max_length = 255,
        pattern = "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$"
    )]
    parent: Option<String>,
    /// What it may spend. Default: no limit.
    #[schema(required = false)]
    quota: QuotaForm,
    /// What it may use. Default: everything, but no features.
    #[schema(required = false)]
    policy: PolicyForm,
    /// Notes: up to 64 of up to 1 KiB.
    #[schema(required = false)]
    metadata: BTreeMap<String, String>,
}

/// Whether a tenant is admitted at all.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Status)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum StatusForm {
    /// Within its limits.
    Active,
    /// Whatever its limits say, it is not.
    Suspended,
}

/// What a tenant may spend: two limits in short, and any others; at most 64 together.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Quota)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct QuotaForm {
    /// Requests in any 60 s. Default: 0, unlimited.
    #[schema(required = false, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    requests_per_minute: u64,
    /// Tokens in any 60 s. Default: 0, unlimited.
    #[schema(required = false, minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    tokens_per_minute: u64,
    /// Further limits, of different names.
    #[schema(required = false, max_items = 62)]
    limits: Vec<LimitForm>,
}

/// One limit.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Limit)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct LimitForm {
    /// Printable ASCII without `"` and `\`, unique within the tenant.
    #[schema(min_length = 1, max_length = 64, pattern = "^[ !#-\\[\\]-~]+$")]
    name: String,
    /// What it counts: `requests`, `tokens`, or a name of one's own.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9_]+$")]
    dimension: String,
    /// How much fits in one window, or how much may be in use at once.
    #[schema(minimum = 1, maximum = 9_007_199_254_740_991_u64)]
    capacity: u64,
    /// Over what time: a duration such as `1500ms`, `60s`, `1h` or `7d`; for `calendar` one of `minute`, `hour`, `day`,
    /// `month`; for `concurrency` none.
    #[schema(required = false, nullable = false)]
    window: Option<String>,
    /// How it counts. Default: sliding.
    #[schema(required = false)]
    algorithm: AlgorithmForm,
    /// Into how many parts a sliding window is split. Default: 30.
    #[schema(required = false, nullable = false, minimum = 1, maximum = 120)]
    sub_windows: Option<u16>,
    /// The most that a bucket holds. Default: its capacity.
    #[schema(
        required = false,
        nullable = false,
        minimum = 1,
        maximum = 9_007_199_254_740_991_u64
    )]
    burst: Option<u64>,
    /// Which requests it is for. Default: all.
    #[schema(required = false, nullable = false)]
    r#match: Option<MatchForm>,
    /// Whether a request above it is denied. Default: enforce.
    #[schema(required = false)]
    enforcement: EnforcementForm,
    /// Whether its usage outlives the process; for `calendar`. Default: false.
    #[schema(required = false)]
    durable: bool,
    /// Whether nodes share it. Default: as the engine has it.
    #[schema(required = false, nullable = false)]
    shared: Option<bool>,
}

/// How a limit counts.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Algorithm)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum AlgorithmForm {
    /// Every interval as long as the window holds at most the capacity.
    Sliding,
    /// A level that refills steadily.
    Bucket,
    /// Every period of the UTC calendar starts anew.
    Calendar,
    /// So much is in use at once.
    Concurrency,
}

/// Whether a request above a limit is denied.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Enforcement)]
#[expect(dead_code, reason = "as above")]
pub(crate) enum EnforcementForm {
    /// It is.
    Enforce,
    /// It is told of, and not denied.
    Shadow,
}

/// Which requests a limit is for: every list that has entries must have one that fits, and one list must have some.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Match)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct MatchForm {
    /// Models, by name or as `prefix*`.
    #[schema(required = false)]
    models: Vec<String>,
    /// Tools, by name or as `prefix*`.
    #[schema(required = false)]
    tools: Vec<String>,
    /// Paths in normal form, as they are or as `/prefix/*`.
    #[schema(required = false)]
    routes: Vec<String>,
}

/// What a tenant may use. An empty list allows all; a list has up to 1000 entries of 1 to 256 bytes.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Policy)]
#[expect(dead_code, reason = "as above")]
pub(crate) struct PolicyForm {
    /// Models, by name or as `prefix*`. Default: all.
    #[schema(required = false)]
    allowed_models: Vec<String>,
    /// Tools, by name or as `prefix*`. Default: all.
    #[schema(required = false)]
    allowed_tools: Vec<String>,
    /// HTTP methods in upper case. Default: all.
    #[schema(required = false)]
    allowed_methods: Vec<String>,
    /// Paths in normal form, as they are or as `/prefix/*`. Default: all.
    #[schema(required = false)]
    allowed_paths: Vec<String>,
    /// Features, on or off. Default: all off.
    #[schema(required = false)]
    features: BTreeMap<String, bool>,
}

const SCHEMES: [&str; 2] = ["basic", "bearer"];

/// Adds to the document how clients say who they are.
pub(crate) struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemes = SCHEMES
            .into_iter()
            .zip([HttpAuthScheme::Basic, HttpAuthScheme::Bearer]);
        let components = document.components.get_or_insert_default();
        for (name, scheme) in schemes {
            let scheme = SecurityScheme::Http(Http::new(scheme));
            components.add_security_scheme(name, scheme);
        }
        let any = SCHEMES.map(|name| SecurityRequirement::new(name, Vec::<String>::new()));
        document.security = Some(any.into());
    }
}

/// What is behind a header that names versions: `*`, or a list, which may be empty, of entity tags (RFC 9110, 8.8.3 and 13.1.1).
const TAGS: &str = r#"^(\*|(W/)?"[^"]*"([ \t]*,[ \t]*(W/)?"[^"]*")*)?$"#;

/// Says of every header that names versions what it has to look like.
pub(crate) fn tag_headers(document: &mut utoipa::openapi::OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.put,
            &mut item.patch,
            &mut item.post,
            &mut item.delete,
        ];
        let parameters = operations.into_iter().flatten();
        let parameters = parameters.filter_map(|operation| operation.parameters.as_mut());
        for parameter in parameters.flatten() {
            let RefOr::T(parameter) = parameter else {
                continue;
            };
            if parameter.parameter_in == ParameterIn::Header {
                let tags = ObjectBuilder::new().schema_type(Type::String);
                parameter.schema = Some(tags.pattern(Some(TAGS)).into());
            }
        }
    }
}

/// What any operation that asks the source may answer beside what it is for.
#[derive(Debug, utoipa::IntoResponses)]
#[expect(dead_code, reason = "only described: problems are made elsewhere")]
pub(crate) enum Refusals<'a> {
    /// What is wrong.
    #[response(status = "4XX", content_type = "application/problem+json")]
    Wrong(ProblemBody<'a>),
    /// The source does not answer.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemBody<'a>),
}

/// The tenant that a path names.
#[derive(Debug, utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only described: ids are read elsewhere")]
pub(crate) struct IdParam {
    /// The tenant.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = "^(?!\\.{1,2}$)[A-Za-z0-9._-]+$"
    )]
    id: String,
}
