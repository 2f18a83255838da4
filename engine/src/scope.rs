//! What a request is about, as far as limits mind: its model, its tool and its route.

use crate::config::MatchConfig;
use crate::policy::{AllowList, normalize_path};

/// What a request is about. A limit with a `match` counts only the requests that it is for.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use tollgate::{Clock, Cost, Dimension, LimitConfig, MatchConfig, Scope, Tenant, TenantConfig};
///
/// let mut gpt4 = MatchConfig::default();
/// gpt4.models.push("gpt-4*".to_owned());
/// let minute = Duration::from_secs(60);
/// let config = TenantConfig::new("acme".parse()?)
///     .limit(LimitConfig::sliding("gpt4", Dimension::Requests, 1, minute).only_for(gpt4));
/// let tenant = Tenant::new(&config, Clock::default())?;
///
/// let gpt4 = Scope { model: Some("gpt-4o"), ..Scope::default() };
/// assert!(tenant.try_acquire_in(&gpt4, &Cost::request()).is_admitted());
/// assert!(tenant.try_acquire_in(&gpt4, &Cost::request()).is_denied());
/// assert!(tenant.try_acquire(&Cost::request()).is_admitted(), "it names no model");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Scope<'a> {
    /// The model that it names.
    pub model: Option<&'a str>,
    /// The tool that it names.
    pub tool: Option<&'a str>,
    /// The path that it is for, as the client sent it.
    pub route: Option<&'a str>,
}

impl Scope<'_> {
    /// Whether it says nothing, so that no limit with a `match` is for it.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.model.is_none() && self.tool.is_none() && self.route.is_none()
    }
}

/// Which requests a limit is for: every list that has entries must have one that fits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Matcher {
    models: AllowList,
    tools: AllowList,
    routes: AllowList,
}

impl Matcher {
    pub(crate) fn new(config: &MatchConfig) -> Self {
        Self {
            models: AllowList::new(&config.models),
            tools: AllowList::new(&config.tools),
            routes: AllowList::new(&config.routes),
        }
    }

    pub(crate) fn matches(&self, scope: &Scope<'_>) -> bool {
        let named = |list: &AllowList, name: Option<&str>| {
            list.is_empty() || name.is_some_and(|name| list.allows_name(name))
        };
        named(&self.models, scope.model)
            && named(&self.tools, scope.tool)
            && (self.routes.is_empty() || scope.route.is_some_and(|route| self.is_for(route)))
    }

    /// A route without a normal form counts: nobody gets past a limit by an odd spelling.
    fn is_for(&self, route: &str) -> bool {
        normalize_path(route).map_or(true, |route| self.routes.allows_path(&route))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(models: &[&str], routes: &[&str]) -> Matcher {
        let owned = |list: &[&str]| list.iter().map(|&entry| entry.to_owned()).collect();
        let (models, routes) = (owned(models), owned(routes));
        Matcher::new(&MatchConfig {
            models,
            routes,
            ..MatchConfig::default()
        })
    }

    fn scope<'a>(model: Option<&'a str>, route: Option<&'a str>) -> Scope<'a> {
        Scope {
            model,
            route,
            tool: None,
        }
    }

    #[test]
    fn every_list_that_has_entries_must_have_one_that_fits() {
        let both = matcher(&["gpt-4*"], &["/v1/*"]);
        assert!(both.matches(&scope(Some("gpt-4o"), Some("/v1/chat"))));
        assert!(!both.matches(&scope(Some("gpt-4o"), None)));
        assert!(!both.matches(&scope(None, Some("/v1/chat"))));
        assert!(!both.matches(&scope(Some("gpt-3"), Some("/v1/chat"))));
    }

    #[test]
    fn an_odd_spelling_of_a_route_does_not_get_past_a_limit() {
        let route = matcher(&[], &["/v1/*"]);
        for odd in ["/v1/../v1/chat", "/v1//chat", "/%76%31/chat", "/v1%2fchat"] {
            assert!(route.matches(&scope(None, Some(odd))), "{odd}");
        }
        assert!(!route.matches(&scope(None, Some("/v2/chat"))));
    }
}
