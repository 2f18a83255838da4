//! A limit's no: which limit, how full they all were, and in which words the client hears of it.

use std::sync::Arc;

use tollgate::{Denial, DenialReason, LimitUsage, Scope, TenantId, Usage};

use crate::retry::RetryAfter;

/// A limit said no: which one, and how full every limit was right after.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.words())]
pub struct LimitRefusal {
    denial: Denial<'static>,
    usage: Usage,
    /// The usage of the ancestor whose limit decided, if it is one's.
    above: Option<(TenantId, Usage)>,
    binding: Option<Arc<str>>,
    exposed: bool,
}

impl LimitRefusal {
    pub(crate) fn new(denial: Denial<'_>, scope: &Scope<'_>, exposed: bool) -> Box<Self> {
        let (usage, binding) = (denial.usage().for_scope(scope), denial.binding_name());
        let owner = denial.limit_tenant();
        let owner = owner.filter(|owner| owner.id() != denial.tenant_id());
        let above = owner.map(|owner| (owner.id().clone(), owner.usage().for_scope(scope)));
        Box::new(Self {
            above,
            denial: denial.into_owned(),
            usage,
            binding,
            exposed,
        })
    }

    /// What the engine said.
    pub fn denial(&self) -> &Denial<'static> {
        &self.denial
    }

    /// How full every limit of the tenant's own that this request meets was right after it said so.
    pub fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The name of the limit that decided, unless its plan has been replaced since.
    pub fn binding_name(&self) -> Option<&str> {
        self.binding.as_deref()
    }

    /// Whether the client may see limits by name
    /// ([`expose_limits`](crate::GateBuilder::expose_limits)).
    pub fn is_exposed(&self) -> bool {
        self.exposed
    }

    pub(crate) fn retry_after(&self) -> Option<RetryAfter> {
        RetryAfter::of(&self.denial, self.binding().and_then(|limit| limit.next_in))
    }

    /// Whose limit decided, if it is an ancestor's and not the tenant's own.
    pub fn ancestor(&self) -> Option<&TenantId> {
        self.above.as_ref().map(|(id, _)| id)
    }

    /// The limit that decided, the tenant's own or an ancestor's, with how full it is.
    pub fn binding(&self) -> Option<LimitUsage<'_>> {
        let usage = self.above.as_ref().map_or(&self.usage, |(_, usage)| usage);
        usage.get(self.binding_name()?)
    }

    fn words(&self) -> String {
        let cost = self.denial.cost();
        let limit = match (self.exposed, self.binding_name()) {
            (true, Some(name)) => match self.ancestor() {
                Some(ancestor) => format!("limit \"{name}\" of \"{ancestor}\""),
                None => format!("limit \"{name}\""),
            },
            (true | false, _) => "a limit".to_owned(),
        };
        let reason = self.denial.reason();
        if reason == DenialReason::Never {
            format!("{cost} is more than {limit} can ever admit")
        } else if reason == DenialReason::InUse {
            format!("{limit} has every slot in use")
        } else {
            format!("{limit} is used up")
        }
    }
}
