//! What the gate needs to know of a request, taken out of it, so that the request can go its way.

use std::borrow::Cow;
use std::sync::Arc;

use tollgate::{Access, Cost, Plan, PolicyDenial, Scope, Tenant};

use crate::facts::Facts;
use crate::request::{Field, RequestView};
use crate::resolve::Resolved;

/// A request's question to the gate: may this tenant do this, and spend that?
///
/// It holds plain data and no request, so that a future that holds it is `Send` even if the
/// request's body is not.
#[derive(Debug, Clone)]
pub struct Question<'r> {
    pub(crate) asked: Option<Asked<'r>>,
    /// What is settled of it already, if it waits for nothing but the origin of a durable limit.
    pub(crate) ungranted: Option<Ungranted>,
}

/// What was found out about a question before a durable limit had to be asked for more.
#[derive(Debug, Clone)]
pub(crate) struct Ungranted {
    pub(crate) tenant: Tenant,
    /// The plan that the policy's yes is of.
    pub(crate) plan: Arc<Plan>,
}

impl<'r> From<Option<Asked<'r>>> for Question<'r> {
    fn from(asked: Option<Asked<'r>>) -> Self {
        Self {
            asked,
            ungranted: None,
        }
    }
}

/// A question that names a tenant.
#[derive(Debug, Clone)]
pub(crate) struct Asked<'r> {
    pub(crate) tenant: Resolved,
    pub(crate) cost: Cost,
    pub(crate) deed: Deed<'r>,
}

/// What the request wants to do, for the policy.
#[derive(Debug, Clone)]
pub(crate) struct Deed<'r> {
    pub(crate) method: Cow<'r, str>,
    pub(crate) path: Cow<'r, str>,
    pub(crate) model: Option<Cow<'r, str>>,
    pub(crate) tool: Option<Cow<'r, str>>,
}

/// What a route demands of requests, whoever the tenant is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Demands {
    /// In lower case, as that of the tool is.
    pub(crate) model_header: Option<Box<str>>,
    pub(crate) tool_header: Option<Box<str>>,
    pub(crate) feature: Option<Box<str>>,
    pub(crate) requires_model: bool,
    pub(crate) requires_tool: bool,
}

impl Question<'_> {
    /// Who asks; `None` if the request names no tenant and needs none.
    pub fn tenant(&self) -> Option<&Resolved> {
        self.asked.as_ref().map(|asked| &asked.tenant)
    }

    /// What it would be charged; `None` if the request names no tenant and needs none.
    pub fn cost(&self) -> Option<&Cost> {
        self.asked.as_ref().map(|asked| &asked.cost)
    }

    /// The same question with copies of its own of what it read.
    pub fn into_owned(self) -> Question<'static> {
        let own = |asked: Asked<'_>| Asked {
            tenant: asked.tenant,
            cost: asked.cost,
            deed: asked.deed.into_owned(),
        };
        Question {
            asked: self.asked.map(own),
            ungranted: self.ungranted,
        }
    }
}

impl Demands {
    /// Whether it demands nothing: then what a request is about only matters to the tenant's plan.
    pub(crate) fn is_none(&self) -> bool {
        self.feature.is_none() && !self.requires_model && !self.requires_tool
    }
}

impl<'r> Deed<'r> {
    /// The same, for limits that are only for some requests.
    pub(crate) fn scope(&self) -> Scope<'_> {
        Scope {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            route: Some(&self.path),
        }
    }

    /// What `request` wants to do, with the model and the tool that its body names, or else its headers.
    pub(crate) fn of(request: &'r dyn RequestView, demands: &Demands) -> Self {
        let facts = request.facts();
        let named = |fact: Option<&'r str>, header: &Option<Box<str>>| {
            let in_header = || header.as_ref().and_then(|name| name_in(request, name));
            fact.map(legible_name).or_else(in_header).map(Cow::Borrowed)
        };
        Self {
            method: Cow::Borrowed(request.method()),
            path: Cow::Borrowed(request.path()),
            model: named(facts.and_then(Facts::named_model), &demands.model_header),
            tool: named(facts.and_then(Facts::named_tool), &demands.tool_header),
        }
    }

    /// What the policy is asked.
    pub(crate) fn access<'a>(&'a self, demands: &'a Demands) -> Access<'a> {
        Access {
            model: self.model.as_deref(),
            tool: self.tool.as_deref(),
            method: Some(&self.method),
            path: Some(&self.path),
            feature: demands.feature.as_deref(),
            requires_model: demands.requires_model,
            requires_tool: demands.requires_tool,
        }
    }

    /// Whether model and tool can be read, where a limit minds them (is `conditional`): nobody gets past a limit
    /// for some models by naming two.
    pub(crate) fn legible(&self, conditional: bool) -> Result<(), PolicyDenial> {
        let unreadable = |name: &Option<Cow<'_, str>>| name.as_deref() == Some(UNREADABLE);
        if !conditional {
            Ok(())
        } else if unreadable(&self.model) {
            Err(PolicyDenial::Model {
                model: UNREADABLE.to_owned(),
            })
        } else if unreadable(&self.tool) {
            Err(PolicyDenial::Tool {
                tool: UNREADABLE.to_owned(),
            })
        } else {
            Ok(())
        }
    }

    fn into_owned(self) -> Deed<'static> {
        let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Deed {
            method: own(self.method),
            path: own(self.path),
            model: self.model.map(own),
            tool: self.tool.map(own),
        }
    }
}

/// Stands for a model or tool that can't be read: no list of names has it.
///
/// A header that is there twice could name an allowed model to the gate and another to the handler;
/// one that is not text, or longer than any list's entry, matches nothing either.
const UNREADABLE: &str = "\u{fffd}";

/// No list of a policy has longer entries.
const MAX_NAME: usize = 256;

/// A name as some list could have it.
fn legible_name(name: &str) -> &str {
    if name.len() <= MAX_NAME {
        name
    } else {
        UNREADABLE
    }
}

fn name_in<'r>(request: &'r dyn RequestView, header: &str) -> Option<&'r str> {
    match request.header(header) {
        Field::Absent | Field::Once(b"") => None,
        Field::Once(name) if name.len() <= MAX_NAME => {
            Some(std::str::from_utf8(name).unwrap_or(UNREADABLE))
        }
        Field::Once(_) | Field::Repeated => Some(UNREADABLE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Request;

    fn model(values: &[&[u8]]) -> Option<String> {
        let request = values.iter().fold(Request::get("/"), |request, value| {
            request.with_header_bytes("x-model", value)
        });
        name_in(&request, "X-Model").map(str::to_owned)
    }

    #[test]
    fn a_header_names_the_model() {
        assert_eq!(model(&[b" gpt-4 "]).as_deref(), Some("gpt-4"));
        assert_eq!(model(&[]), None);
        assert_eq!(model(&[b""]), None);
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_in_no_list() {
        for values in [&[&b"gpt-4"[..], b"gpt-5"][..], &[b"\xff"], &[&[b'a'; 257]]] {
            assert_eq!(model(values).as_deref(), Some(UNREADABLE));
        }
    }
}
