//! `POST /api/chat`: a model and tools that the tenant's policy has to allow, and tokens that are paid as used.
//!
//! No model stands behind it: the answer is made up here. `examples/llm-gateway` has real ones.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, FromRequest, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, http};
use serde::Deserialize;
use serde_json::json;
use tollgate::{Access, Cost, Event, PolicyDenial, PolicyEvent, Tenant};
use tollgate_tower::extract::{CurrentPermit, CurrentTenant};
use tollgate_tower::{Facts, Rejection, response};

use crate::problem::Problem;
use crate::routes::Service;

const MOST_TOOLS: usize = 16;
const USUAL_ANSWER: u32 = 256;
const LONGEST_ANSWER: u32 = 4_096;

/// What a client asks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    model: String,
    #[serde(default)]
    tools: Vec<String>,
    prompt: String,
    #[serde(default = "usual_answer")]
    max_tokens: u32,
}

fn usual_answer() -> u32 {
    USUAL_ANSWER
}

impl Ask {
    fn check(self) -> Result<Self, Problem> {
        if self.prompt.trim().is_empty() {
            return Err(Problem::invalid("prompt: must not be empty"));
        }
        if self.tools.len() > MOST_TOOLS {
            let given = self.tools.len();
            let detail = format!("tools: must be {MOST_TOOLS} at most, these are {given}");
            return Err(Problem::invalid(detail));
        }
        if !(1..=LONGEST_ANSWER).contains(&self.max_tokens) {
            let given = self.max_tokens;
            let detail = format!("max_tokens: must be 1 to {LONGEST_ANSWER}, this is {given}");
            return Err(Problem::invalid(detail));
        }
        Ok(self)
    }

    /// What the gate is to decide about: the model, the first tool, and the most that it may cost.
    fn facts(&self) -> Facts {
        let most = words(&self.prompt).saturating_add(u64::from(self.max_tokens));
        let facts = Facts::new().model(&*self.model).cost(Cost::tokens(most));
        match self.tools.first() {
            Some(tool) => facts.tool(&**tool),
            None => facts,
        }
    }
}

/// A word is a token, near enough for an example.
fn words(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

/// What the body says, or what is wrong with it: told by the handler, behind the gate, since a stranger is told nothing
/// but that.
#[derive(Debug, Clone)]
pub(crate) struct Asked(Result<Arc<Ask>, Problem>);

/// Before the gate, which reads no bodies: reads this one, and leaves the gate its facts.
pub(crate) async fn intake(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let asked = read(Request::from_parts(parts.clone(), body)).await;
    let mut request = Request::from_parts(parts, Body::empty());
    if let Ok(ask) = &asked {
        request.extensions_mut().insert(ask.facts());
    }
    request.extensions_mut().insert(Asked(asked.map(Arc::new)));
    next.run(request).await
}

async fn read(request: Request) -> Result<Ask, Problem> {
    let ask: Result<Json<Ask>, JsonRejection> = Json::from_request(request, &()).await;
    let Json(ask) = ask.map_err(|refused| Problem::unreadable(&refused))?;
    ask.check()
}

pub(crate) async fn answer(
    State(service): State<Service>,
    CurrentTenant(tenant): CurrentTenant,
    CurrentPermit(permit): CurrentPermit,
    Extension(Asked(asked)): Extension<Asked>,
) -> Result<Response, Problem> {
    let ask = asked?;
    if let Err(denial) = judge_further(&tenant, &ask) {
        // As if it had been refused before it was charged; and told as the gate would have told it.
        settled(permit.refund());
        tell(&service, &tenant, &denial);
        let tenant = tenant.id().clone();
        let reply = Rejection::PolicyDenied { tenant, denial }.reply();
        return Ok(response(reply).map(Body::from));
    }
    let text = format!("{} has nothing to say: this is an example", ask.model);
    let (prompt, completion) = (words(&ask.prompt), words(&text));
    let total = prompt.saturating_add(completion);
    settled(permit.settle(&Cost::tokens(total)));
    let usage = json!({
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total,
    });
    Ok(Json(json!({ "model": ask.model, "answer": text, "usage": usage })).into_response())
}

/// A request has one tool for the gate, and this one may have several: the others are asked about here.
fn judge_further(tenant: &Tenant, ask: &Ask) -> Result<(), PolicyDenial> {
    let plan = tenant.plan();
    for tool in ask.tools.iter().skip(1) {
        let access = Access {
            tool: Some(tool),
            ..Access::default()
        };
        plan.policy().check(&access)?;
    }
    Ok(())
}

/// Hooks hear of this denial as of the gate's own.
fn tell(service: &Service, tenant: &Tenant, denial: &PolicyDenial) {
    if let Some(events) = service.engine.events() {
        let method = http::Method::POST.as_str();
        let mut event = PolicyEvent::new(tenant.id().clone(), method, "/api/chat");
        event.allowed = false;
        event.reason = Some(denial.to_string());
        events.emit(Event::Policy(event));
    }
}

fn settled<E: std::error::Error>(outcome: Result<(), E>) {
    if let Err(error) = outcome {
        tracing::error!(%error, "a permit was settled before");
    }
}
