//! What a tenant may use: models, tools, methods, paths and features.

mod allow_list;
mod denial;
mod path;

use std::collections::BTreeMap;

use crate::config::PolicyConfig;

pub(crate) use self::allow_list::AllowList;
use self::denial::excerpt;

pub use self::denial::PolicyDenial;
pub use self::path::{InvalidPath, normalize_path};

/// What a tenant may use, compiled from a [`PolicyConfig`]. The default allows everything but
/// features.
///
/// An empty list allows all. Models, tools and methods are compared as given; an entry `gpt-4*`
/// stands for every name that starts so. Paths are compared in their normal form (see
/// [`normalize_path`]); an entry `/api/*` stands for `/api` and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    models: AllowList,
    tools: AllowList,
    methods: AllowList,
    paths: AllowList,
    features: BTreeMap<String, bool>,
}

/// What one request wants to use.
///
/// # Examples
/// ```
/// use tollgate::{Access, TenantConfig};
///
/// let plan = TenantConfig::new("acme".parse()?).allow_models(["gpt-4*"]).compile()?;
/// let access = Access { model: Some("gpt-5"), ..Access::default() };
/// let denial = plan.policy().check(&access).unwrap_err();
/// assert_eq!(denial.to_string(), "model \"gpt-5\" is not allowed");
/// assert_eq!(denial.code(), "model");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Access<'a> {
    /// The model, if it names one.
    pub model: Option<&'a str>,
    /// The tool, if it names one.
    pub tool: Option<&'a str>,
    /// The HTTP method, if there is one.
    pub method: Option<&'a str>,
    /// The path as it came, without a query, if there is one.
    pub path: Option<&'a str>,
    /// The feature that the route needs, if it needs one.
    pub feature: Option<&'a str>,
    /// Whether the route is denied to requests that name no model, whatever the policy.
    pub requires_model: bool,
    /// Whether the route is denied to requests that name no tool, whatever the policy.
    pub requires_tool: bool,
}

impl Policy {
    /// Compiles a config that has been checked.
    pub(crate) fn new(config: &PolicyConfig) -> Self {
        Self {
            models: AllowList::new(&config.allowed_models),
            tools: AllowList::new(&config.allowed_tools),
            methods: AllowList::new(&config.allowed_methods),
            paths: AllowList::new(&config.allowed_paths),
            features: config.features.clone(),
        }
    }

    /// Whether `access` is allowed.
    ///
    /// # Complexity
    /// O(log n) for the exact entries and O(n) for those with a `*`. An allowed access allocates
    /// nothing, save one string where the policy restricts paths and the path came in another
    /// than its normal form.
    ///
    /// # Errors
    /// [`PolicyDenial`] is the first thing that is not allowed: model, tool, method, path, feature.
    pub fn check(&self, access: &Access<'_>) -> Result<(), PolicyDenial> {
        if access.requires_model && access.model.is_none_or(str::is_empty) {
            return Err(PolicyDenial::ModelRequired);
        }
        if let Some(model) = access.model.filter(|model| !self.models.allows_name(model)) {
            return Err(PolicyDenial::Model {
                model: excerpt(model),
            });
        }
        if access.requires_tool && access.tool.is_none_or(str::is_empty) {
            return Err(PolicyDenial::ToolRequired);
        }
        if let Some(tool) = access.tool.filter(|tool| !self.tools.allows_name(tool)) {
            return Err(PolicyDenial::Tool {
                tool: excerpt(tool),
            });
        }
        if let Some(method) = access
            .method
            .filter(|method| !self.methods.allows_exactly(method))
        {
            return Err(PolicyDenial::Method {
                method: excerpt(method),
            });
        }
        if let Some(path) = access.path {
            self.check_path(path)?;
        }
        if let Some(feature) = access.feature.filter(|feature| !self.feature(feature)) {
            return Err(PolicyDenial::Feature {
                feature: excerpt(feature),
            });
        }
        Ok(())
    }

    fn check_path(&self, path: &str) -> Result<(), PolicyDenial> {
        if self.paths.is_empty() {
            return Ok(());
        }
        let denied = |invalid| {
            Err(PolicyDenial::Path {
                path: excerpt(path),
                invalid,
            })
        };
        match normalize_path(path) {
            Ok(normal) if self.paths.allows_path(&normal) => Ok(()),
            Ok(_) => denied(None),
            Err(invalid) => denied(Some(invalid)),
        }
    }

    /// Whether it allows every model, tool, method and path.
    pub fn is_open(&self) -> bool {
        let lists = [&self.models, &self.tools, &self.methods, &self.paths];
        lists.into_iter().all(AllowList::is_empty)
    }

    /// Whether a feature is on. One that the config doesn't mention is off.
    pub fn feature(&self, name: &str) -> bool {
        self.features.get(name).copied().unwrap_or(false)
    }

    /// The features that the config mentions, by name, and whether each is on.
    pub fn features(&self) -> impl Iterator<Item = (&str, bool)> {
        self.features.iter().map(|(name, on)| (name.as_str(), *on))
    }

    /// The entries for models; none allows all.
    pub fn allowed_models(&self) -> impl Iterator<Item = &str> {
        self.models.iter()
    }

    /// The entries for tools; none allows all.
    pub fn allowed_tools(&self) -> impl Iterator<Item = &str> {
        self.tools.iter()
    }

    /// The entries for methods; none allows all.
    pub fn allowed_methods(&self) -> impl Iterator<Item = &str> {
        self.methods.iter()
    }

    /// The entries for paths; none allows all.
    pub fn allowed_paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(entries: &[&str]) -> Vec<String> {
        entries.iter().map(|&entry| entry.to_owned()).collect()
    }

    fn paths(entries: &[&str]) -> Policy {
        Policy::new(&PolicyConfig {
            allowed_paths: list(entries),
            ..PolicyConfig::default()
        })
    }

    fn allows(policy: &Policy, path: &str) -> bool {
        policy
            .check(&Access {
                path: Some(path),
                ..Access::default()
            })
            .is_ok()
    }

    fn models(entries: &[&str]) -> Policy {
        Policy::new(&PolicyConfig {
            allowed_models: list(entries),
            ..PolicyConfig::default()
        })
    }

    fn allows_model(policy: &Policy, model: &str) -> bool {
        policy
            .check(&Access {
                model: Some(model),
                ..Access::default()
            })
            .is_ok()
    }

    #[test]
    fn an_empty_policy_allows_everything_but_features() {
        let access = Access {
            model: Some("any"),
            tool: Some("any"),
            method: Some("get"),
            path: Some("no path \\ at all"),
            ..Access::default()
        };
        assert_eq!(Policy::default().check(&access), Ok(()));
        let denial = Policy::default().check(&Access {
            feature: Some("beta"),
            ..access
        });
        assert_eq!(
            denial,
            Err(PolicyDenial::Feature {
                feature: "beta".to_owned()
            })
        );
    }

    #[test]
    fn a_name_is_allowed_exactly_or_by_the_start_of_a_glob() {
        let policy = models(&["gpt-4", "claude-*"]);
        for allowed in ["gpt-4", "claude-", "claude-x"] {
            assert!(allows_model(&policy, allowed), "{allowed}");
        }
        for denied in [
            "gpt-4o", "gpt-", "GPT-4", "claude", "xclaude-", "claude", "", " gpt-4",
        ] {
            assert!(!allows_model(&policy, denied), "{denied}");
        }
        assert!(allows_model(&models(&["*"]), "whatever"));
    }

    #[test]
    fn naming_nothing_is_allowed_unless_the_route_requires_it() {
        let policy = models(&["gpt-4"]);
        assert_eq!(policy.check(&Access::default()), Ok(()));
        for policy in [&policy, &Policy::default()] {
            let access = Access {
                requires_model: true,
                ..Access::default()
            };
            assert_eq!(policy.check(&access), Err(PolicyDenial::ModelRequired));
            let access = Access {
                model: Some(""),
                ..access
            };
            assert_eq!(policy.check(&access), Err(PolicyDenial::ModelRequired));
            let access = Access {
                requires_tool: true,
                ..Access::default()
            };
            assert_eq!(policy.check(&access), Err(PolicyDenial::ToolRequired));
        }
    }

    #[test]
    fn methods_are_exact_and_a_star_in_one_is_no_glob() {
        let config = PolicyConfig {
            allowed_methods: list(&["GET", "M*"]),
            ..PolicyConfig::default()
        };
        let policy = Policy::new(&config);
        let check = |method| {
            policy.check(&Access {
                method: Some(method),
                ..Access::default()
            })
        };
        assert_eq!(check("GET"), Ok(()));
        assert_eq!(check("M*"), Ok(()));
        for method in ["get", "POST", "MKCOL", ""] {
            assert_eq!(
                check(method),
                Err(PolicyDenial::Method {
                    method: method.to_owned()
                })
            );
        }
    }

    #[test]
    fn a_glob_of_paths_ends_at_a_segment() {
        let policy = paths(&["/api/*", "/health"]);
        for allowed in ["/api", "/api/", "/api/x", "/api/x/y", "/health", "/health/"] {
            assert!(allows(&policy, allowed), "{allowed}");
        }
        for denied in [
            "/",
            "/apix",
            "/ap",
            "/healthy",
            "/health/x",
            "/x/api",
            "*",
            "",
        ] {
            assert!(!allows(&policy, denied), "{denied}");
        }
        assert!(allows(&paths(&["/*"]), "/") && allows(&paths(&["/*"]), "/x/y"));
        assert!(allows(&paths(&["/"]), "/") && !allows(&paths(&["/"]), "/x"));
    }

    #[test]
    fn no_spelling_of_another_path_passes_for_an_allowed_one() {
        let policy = paths(&["/api/*"]);
        for path in [
            "/api/../admin",
            "/api/%2e%2e/admin",
            "/admin/../api/x",
            "/admin/%2e%2e/api",
            "//api/x",
            "/api/%2E./admin",
            "/api/.%2e/admin",
            "//admin",
            "/api/..%2fadmin",
            "/api/..%2Fadmin",
            "/api/..%5cadmin",
            "/api\\..\\admin",
            "/api/x/../../admin",
            "/api//../admin",
            "/api/./../admin",
            "/api/..",
            "/../api/x/../../../api/x",
            "/API/x",
            "/Api",
            "/api%00/x",
            "/api/x%",
            "/api/x%zz",
            "/api/x%+1",
            "/api/%é",
            "/admin?/../api/x",
            "/admin#/../api/x",
            "http://host/api",
            "api/x",
        ] {
            assert!(!allows(&policy, path), "{path}");
        }
        assert!(allows(&policy, "/%61pi/x") && allows(&policy, "/api/%252e%252e/admin"));
    }

    #[test]
    fn a_denial_is_one_line_however_long_and_odd_the_name() {
        let denial = models(&["x"])
            .check(&Access {
                model: Some(&"\n\u{1b}".repeat(1_000)),
                ..Access::default()
            })
            .unwrap_err();
        let text = denial.to_string();
        assert!(!text.chars().any(char::is_control) && text.len() < 1_000);
        let denial = paths(&["/x"])
            .check(&Access {
                path: Some("/a\\b"),
                ..Access::default()
            })
            .unwrap_err();
        assert_eq!(
            denial.to_string(),
            r#"path "/a\\b" is not allowed: it has a backslash"#
        );
        assert_eq!(denial.code(), "path");
    }

    #[test]
    fn policies_with_the_same_entries_are_equal() {
        assert_eq!(models(&["b", "a*", "b"]), models(&["a*", "b"]));
        let policy = models(&["b", "a*"]);
        assert_eq!(policy.allowed_models().collect::<Vec<_>>(), ["b", "a*"]);
    }
}
