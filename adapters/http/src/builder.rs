//! Setting up a gate: which sources, which demands, which words.

use std::fmt;
use std::sync::Arc;

use tollgate::{Cost, Engine, OnDrop};

use crate::cost::CostRule;
use crate::gate::{Gate, Missing, OnRejected, Proof, Rules};
use crate::headers::{HeaderProfile, HeaderSet, ResetStyle};
use crate::outcome::{Charge, OutcomeRule};
use crate::question::Demands;
use crate::rejection::Rejection;
use crate::reply::Reply;
use crate::request::RequestView;
use crate::resolve::{Resolver, SetupError, Source, is_token};
use crate::usage::{Price, TokenUsage, UsageFormat};

/// Sets up a [`Gate`]; made by [`Gate::builder`].
#[must_use = "a builder does nothing until it is built"]
pub struct GateBuilder {
    engine: Engine,
    principal: Option<Resolver>,
    /// Read right after the principal.
    pub(crate) token: Option<Resolver>,
    header: Option<Resolver>,
    others: Vec<Resolver>,
    unproven: bool,
    missing: Missing,
    demands: Demands,
    cost: CostRule,
    on_drop: OnDrop,
    on_outcome: Option<OutcomeRule>,
    usage: Option<UsageFormat>,
    price: Price,
    headers: HeaderSet,
    exposed: bool,
    on_rejected: Option<Arc<OnRejected>>,
}

impl GateBuilder {
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            principal: Some(Resolver::principal()),
            token: None,
            header: Some(Resolver::header("X-Tenant-ID")),
            others: Vec::new(),
            unproven: false,
            missing: Missing::Refuse,
            demands: Demands {
                model_header: Some("x-model".into()),
                tool_header: Some("x-tool".into()),
                ..Demands::default()
            },
            cost: CostRule::default(),
            on_drop: OnDrop::default(),
            on_outcome: None,
            usage: None,
            price: Price::default(),
            headers: HeaderSet {
                profiles: vec![HeaderProfile::Ietf],
                reset: ResetStyle::default(),
                units: false,
            },
            exposed: true,
            on_rejected: None,
        }
    }

    /// The header that names the tenant. The default is `X-Tenant-ID`.
    ///
    /// On its own it is for trusted networks: whoever can reach the service can name any tenant. Where the gate reads
    /// credentials it has to agree with them, and is [not enough](Self::accept_unproven) alone.
    pub fn header_name(mut self, name: &str) -> Self {
        self.header = Some(Resolver::header(name));
        self
    }

    /// Reads no tenant from a header.
    pub fn without_header(mut self) -> Self {
        self.header = None;
        self
    }

    /// Reads no tenant from a [`Principal`](crate::Principal) in the request's extensions. The default reads it, before all
    /// other sources. Tokens and other credentials that the gate was told to read are read all the same.
    pub fn without_principal(mut self) -> Self {
        self.principal = None;
        self
    }

    /// Adds a source of the tenant. Sources are read in this order: principal, token, credentials that are added here,
    /// header, then the others as they were added. *All* of them are read, and two that disagree refuse the
    /// request. The default adds none.
    pub fn resolver(mut self, resolver: Resolver) -> Self {
        self.others.push(resolver);
        self
    }

    /// Lets a request name its tenant without proof, although the gate reads tokens or other
    /// [credentials](Resolver::credential).
    ///
    /// The default refuses it (401 `tenant_unproven`): else whoever leaves out the token could be anybody. What proves
    /// nothing, the header for example, is then only compared with the proof. Accept it where the network behind a
    /// proxy is trusted and clients from outside can't send the header. A gate that reads no credentials takes
    /// any tenant's name in any case.
    pub fn accept_unproven(mut self) -> Self {
        self.unproven = true;
        self
    }

    /// Whether a request that names no tenant passes, without tenant and without quota. The default
    /// is `false`: 401. A request that names a tenant is held to its limits in either case.
    pub fn allow_missing(mut self, allow: bool) -> Self {
        self.missing = if allow {
            Missing::Allow
        } else {
            Missing::Refuse
        };
        self
    }

    /// Refuses requests that name no model, for all tenants. The default lets them pass.
    pub fn require_model(mut self) -> Self {
        self.demands.requires_model = true;
        self
    }

    /// Refuses requests that name no tool, for all tenants. The default lets them pass.
    pub fn require_tool(mut self) -> Self {
        self.demands.requires_tool = true;
        self
    }

    /// The header that names the model. The default is `X-Model`.
    pub fn model_header(mut self, name: &str) -> Self {
        self.demands.model_header = Some(name.to_ascii_lowercase().into());
        self
    }

    /// The header that names the tool. The default is `X-Tool`.
    pub fn tool_header(mut self, name: &str) -> Self {
        self.demands.tool_header = Some(name.to_ascii_lowercase().into());
        self
    }

    /// Refuses tenants for which this feature is not on. The default demands none.
    pub fn feature(mut self, name: &str) -> Self {
        self.demands.feature = Some(name.into());
        self
    }

    /// Charges as many tokens as the header `name` says, by custom `X-Token-Count`.
    ///
    /// The default reads no such header. It is the client's word: let the handler settle at the
    /// truth ([`PermitHandle::settle`](crate::PermitHandle::settle)). Without the header no tokens
    /// are charged; a value that is no number from 0 to 2⁵³ − 1 is a 400.
    pub fn tokens_from_header(mut self, name: &str) -> Self {
        self.cost.tokens_header = Some(name.into());
        self
    }

    /// Charges what `estimate` says. The default charges one request.
    ///
    /// A request counts as one unless the estimate names another number. Of tokens, the larger of the
    /// estimate and [a header](Self::tokens_from_header) counts.
    pub fn estimate_with(
        mut self,
        estimate: impl Fn(&dyn RequestView) -> Cost + Send + Sync + 'static,
    ) -> Self {
        self.cost.estimate = Some(Arc::new(estimate));
        self
    }

    /// What becomes of a charge that no one settles. The default is [`OnDrop::Keep`]: a crash or a
    /// cancelled stream is never free.
    pub fn on_drop(mut self, rule: OnDrop) -> Self {
        self.on_drop = rule;
        self
    }

    /// What becomes of a charge that the handler has left open, by the status of its response. The default leaves
    /// it open.
    ///
    /// # Examples
    /// ```
    /// # use tollgate::{Engine, InMemorySource};
    /// # use tollgate_http::{Charge, Gate, GateBuilder};
    /// # fn builder(engine: Engine) -> GateBuilder {
    /// // What failed behind us is free.
    /// Gate::builder(engine).on_outcome(|status| match status {
    ///     500.. => Charge::Refund,
    ///     _ => Charge::Open,
    /// })
    /// # }
    /// ```
    pub fn on_outcome(mut self, rule: impl Fn(u16) -> Charge + Send + Sync + 'static) -> Self {
        self.on_outcome = Some(OutcomeRule::new(rule));
        self
    }

    /// Settles a charge that the handler and [the status](Self::on_outcome) have left open at the usage that the
    /// response's body tells, in JSON or as server-sent events. The default reads no bodies.
    ///
    /// The body is read as it passes by: not a byte of it is held back, and a few KB are kept at most. It is
    /// settled when the body ends, however it ends, if it has told its usage by then; else
    /// [the drop rule](Self::on_drop) decides. Bodies with a `Content-Encoding` tell nothing: ask what is behind
    /// you for none.
    ///
    /// A stream tells its usage after all else. A client that goes away just before pays the estimate, so let that
    /// be no less than such an answer may cost ([`estimate_with`](Self::estimate_with),
    /// [`Facts::cost`](crate::Facts::cost)), and never the client's word alone.
    pub fn usage_from(mut self, format: UsageFormat) -> Self {
        self.usage = Some(format);
        self
    }

    /// What a [usage](Self::usage_from) costs. The default is [`TokenUsage::cost`]. If `price` panics,
    /// [the drop rule](Self::on_drop) decides.
    ///
    /// # Examples
    /// ```
    /// # use tollgate::{Cost, Engine, InMemorySource};
    /// # use tollgate_http::{Gate, GateBuilder, UsageFormat};
    /// # fn builder(engine: Engine) -> GateBuilder {
    /// // What came from the provider's cache is free.
    /// Gate::builder(engine)
    ///     .usage_from(UsageFormat::Anthropic)
    ///     .usage_cost(|usage| Cost::tokens(usage.total().saturating_sub(usage.cached_input)))
    /// # }
    /// ```
    pub fn usage_cost(
        mut self,
        price: impl Fn(&TokenUsage) -> Cost + Send + Sync + 'static,
    ) -> Self {
        self.price = Price::new(price);
        self
    }

    /// The dialects in which responses tell the limits. The default is [`HeaderProfile::Ietf`]; an
    /// empty set tells nothing.
    pub fn profiles(mut self, profiles: impl IntoIterator<Item = HeaderProfile>) -> Self {
        self.headers.profiles.clear();
        for profile in profiles {
            if !self.headers.profiles.contains(&profile) {
                self.headers.profiles.push(profile);
            }
        }
        self
    }

    /// How `X-RateLimit-Reset` writes a time. The default is [`ResetStyle::Delta`].
    pub fn reset_style(mut self, style: ResetStyle) -> Self {
        self.headers.reset = style;
        self
    }

    /// Whether `RateLimit-Policy` names the unit (`qu`) of limits that count anything but requests:
    /// `qu="tokens"`. The default is `false`, for no such unit is registered.
    pub fn units(mut self, tell: bool) -> Self {
        self.headers.units = tell;
        self
    }

    /// Whether clients see limits: their names and levels in headers and in the bodies of 429s. The
    /// default is `true`. `Retry-After` is sent in either case.
    pub fn expose_limits(mut self, expose: bool) -> Self {
        self.exposed = expose;
        self
    }

    /// Replaces the replies to refused requests. The default is [`Rejection::reply`], from which a
    /// reply of one's own can start.
    ///
    /// The headers of the [profiles](Self::profiles) are added to what comes back, unless it has
    /// them.
    ///
    /// # Examples
    /// ```
    /// # use tollgate::{Engine, InMemorySource};
    /// # use tollgate_http::{Gate, GateBuilder};
    /// # fn builder(engine: Engine) -> GateBuilder {
    /// Gate::builder(engine).on_rejected(|rejection| {
    ///     let mut reply = rejection.reply();
    ///     reply.body = format!("{}\n", rejection).into_bytes();
    ///     reply.with_header("content-type", "text/plain")
    /// })
    /// # }
    /// ```
    pub fn on_rejected(
        mut self,
        reply: impl Fn(&Rejection) -> Reply + Send + Sync + 'static,
    ) -> Self {
        self.on_rejected = Some(Arc::new(reply));
        self
    }

    /// The gate.
    ///
    /// # Errors
    /// [`GateError`] names the setting that no request could ever meet.
    pub fn build(self) -> Result<Gate, GateError> {
        let proves = |resolver: &Resolver| resolver.source() == Source::Principal;
        let (credentials, others): (Vec<_>, Vec<_>) = self.others.into_iter().partition(proves);
        // What proves a tenant comes first: it is the source that counts.
        let proofs = self.principal.into_iter().chain(self.token);
        let names = self.header.into_iter().chain(others);
        let resolvers: Vec<_> = proofs.chain(credentials).chain(names).collect();
        if resolvers.is_empty() {
            return Err(GateError::NoSource);
        }
        resolvers.iter().try_for_each(Resolver::check)?;
        let demands = &self.demands;
        check_header(demands.model_header.as_deref())?;
        check_header(demands.tool_header.as_deref())?;
        check_header(self.cost.tokens_header.as_deref())?;
        Ok(Gate::new(Rules {
            engine: self.engine,
            proof: if !self.unproven && resolvers.iter().any(Resolver::is_credential) {
                Proof::Demanded
            } else {
                Proof::Welcome
            },
            resolvers,
            missing: self.missing,
            demands: self.demands,
            cost: self.cost,
            on_drop: self.on_drop,
            on_outcome: self.on_outcome,
            usage: self.usage,
            price: self.price,
            headers: self.headers,
            exposed: self.exposed,
            on_rejected: self.on_rejected,
        }))
    }
}

fn check_header(name: Option<&str>) -> Result<(), GateError> {
    match name {
        Some(name) if !is_token(name) => Err(GateError::Name {
            what: "header name",
            name: name.to_owned(),
        }),
        Some(_) | None => Ok(()),
    }
}

/// A gate that could not do what it was set up for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GateError {
    /// No source of the tenant is left: neither principal nor header nor any other.
    #[error("the gate reads the tenant from no source: add one, or leave out the gate")]
    NoSource,
    /// A name that nothing in a request can have.
    #[error("{what} {name:?}: no request can have it")]
    Name {
        /// What kind of name.
        what: &'static str,
        /// The name.
        name: String,
    },
}

impl From<SetupError> for GateError {
    fn from(SetupError { what, name }: SetupError) -> Self {
        Self::Name { what, name }
    }
}

impl fmt::Debug for GateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateBuilder")
            .field("principal", &self.principal)
            .field("header", &self.header)
            .field("others", &self.others)
            .field("demands", &self.demands)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tollgate::InMemorySource;

    use super::*;

    fn builder() -> GateBuilder {
        Gate::builder(
            Engine::builder()
                .source(InMemorySource::new())
                .build_without_actors()
                .unwrap(),
        )
    }

    #[test]
    fn a_gate_without_any_source_is_refused() {
        let none = builder().without_header().without_principal();
        assert_eq!(none.build().unwrap_err(), GateError::NoSource);
        assert!(builder().without_header().build().is_ok());
    }

    #[test]
    fn names_that_no_request_can_have_are_refused() {
        for typo in [
            builder().header_name("X-Tenant-ID:"),
            builder().model_header(""),
            builder().tool_header("x tool"),
            builder().tokens_from_header("tokens\n"),
            builder().resolver(Resolver::cookie("a;b")),
            builder().resolver(Resolver::subdomain("")),
        ] {
            let error = typo.build().unwrap_err();
            assert!(
                error.to_string().ends_with("no request can have it"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_profile_is_sent_once_however_often_it_is_named() {
        let twice = builder().profiles([HeaderProfile::Quota, HeaderProfile::Quota]);
        assert_eq!(twice.headers.profiles, [HeaderProfile::Quota]);
    }
}
