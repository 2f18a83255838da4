//! What is odd about one tenant, rule by rule.

mod matches;
mod place;

use std::time::Duration;

use tollgate::{AlgorithmKind, Dimension, Enforcement, LimitConfig, Status, TenantConfig};

use crate::check::finding::{Finding, Severity};
use crate::check::patterns::Kind;
use crate::check::pointless::{DEFAULT_PARTS, makes_pointless};
use crate::check::rules::matches::lists;
pub(super) use crate::check::rules::place::Place;
use crate::check::rules::place::Step::{self, Item, Key};
use crate::file::{FileProblem, label};

/// What is said of one part.
struct Words {
    rule: &'static str,
    value: String,
    problem: String,
    why: String,
    help: &'static str,
}

/// Reports what is odd about one tenant.
pub(super) fn tenant(config: &TenantConfig, place: &Place<'_>, findings: &mut Vec<Finding>) {
    let mut tenant = Tenant {
        config,
        place,
        limits: limits(config),
        findings,
    };
    tenant.suspended();
    tenant.unlimited();
    for at in 0..tenant.limits.len() {
        tenant.limit(at);
    }
    let policy = &config.policy;
    tenant.redundant(
        None,
        "policy",
        "allowed_models",
        Kind::Names,
        &policy.allowed_models,
    );
    tenant.redundant(
        None,
        "policy",
        "allowed_tools",
        Kind::Names,
        &policy.allowed_tools,
    );
    tenant.redundant(
        None,
        "policy",
        "allowed_paths",
        Kind::Paths,
        &policy.allowed_paths,
    );
}

/// A limit, and its place in the list; `None` if a shorthand field makes it.
type Listed = (Option<usize>, LimitConfig);

/// All limits, those of the shorthand fields first.
fn limits(config: &TenantConfig) -> Vec<Listed> {
    let quota = &config.quota;
    let minute = Duration::from_secs(60);
    let shorthand = [
        (
            "requests_per_minute",
            Dimension::Requests,
            quota.requests_per_minute,
        ),
        (
            "tokens_per_minute",
            Dimension::Tokens,
            quota.tokens_per_minute,
        ),
    ];
    let shorthand = shorthand
        .into_iter()
        .filter(|(_, _, capacity)| *capacity > 0)
        .map(|(name, dimension, capacity)| {
            (
                None,
                LimitConfig::sliding(name, dimension, capacity, minute),
            )
        });
    let listed = quota.limits.iter().cloned().enumerate();
    shorthand
        .chain(listed.map(|(index, limit)| (Some(index), limit)))
        .collect()
}

struct Tenant<'t> {
    config: &'t TenantConfig,
    place: &'t Place<'t>,
    limits: Vec<Listed>,
    findings: &'t mut Vec<Finding>,
}

impl Tenant<'_> {
    fn warn(&mut self, limit: Option<&Listed>, field: &str, path: &[Step<'_>], words: Words) {
        let within = match limit {
            None => Vec::new(),
            Some((None, limit)) => vec![Key("quota"), Key(&limit.name)],
            Some((Some(index), _)) => vec![Key("quota"), Key("limits"), Item(*index)],
        };
        let path: Vec<Step<'_>> = within.into_iter().chain(path.iter().copied()).collect();
        let problem = FileProblem {
            tenant: label(self.config.tenant_id.as_str()),
            limit: limit.map(|(_, limit)| label(&limit.name)),
            field: field.to_owned(),
            value: words.value,
            ..FileProblem::of_file(self.place.path, self.place.of(&path), words.problem)
        };
        self.findings.push(Finding {
            severity: Severity::Warning,
            rule: words.rule,
            problem,
            why: Some(words.why),
            help: Some(words.help.to_owned()),
        });
    }

    fn suspended(&mut self) {
        if self.config.status == Status::Suspended {
            let words = Words {
                rule: "suspended",
                value: "\"suspended\"".to_owned(),
                problem: "admits nobody".to_owned(),
                why: "every request of the tenant is answered with 403".to_owned(),
                help: "set it to active, unless that is still meant",
            };
            self.warn(None, "status", &[Key("status")], words);
        }
    }

    fn unlimited(&mut self) {
        let enforced = |(_, limit): &Listed| limit.enforcement == Enforcement::Enforce;
        if self.config.parent.is_some() || self.limits.iter().any(enforced) {
            return;
        }
        let why = if self.limits.is_empty() {
            "there is no limit, and 0 per minute means without limit"
        } else {
            "all of its limits are shadows, which only watch"
        };
        let words = Words {
            rule: "no-limit",
            value: String::new(),
            problem: "limits nothing".to_owned(),
            why: why.to_owned(),
            help: "set quota.requests_per_minute or a limit, unless that is meant",
        };
        self.warn(None, "quota", &[Key("quota")], words);
    }

    fn limit(&mut self, at: usize) {
        let Some(listed) = self.limits.get(at).cloned() else {
            return;
        };
        self.few_parts(&listed);
        self.shadow(&listed);
        self.durable(&listed);
        self.dimension(&listed);
        self.pointless(at, &listed);
        if let Some(matches) = &listed.1.matches {
            self.unreachable(&listed, matches);
            for (field, kind, list) in lists(matches) {
                self.redundant(Some(&listed), "match", field, kind, list);
            }
        }
    }

    fn few_parts(&mut self, listed: &Listed) {
        let limit = &listed.1;
        let parts = u32::from(limit.sub_windows.unwrap_or(DEFAULT_PARTS));
        let most = parts + 1;
        // Less than four fifths.
        if limit.algorithm != AlgorithmKind::Sliding || parts * 5 >= most * 4 {
            return;
        }
        let words = Words {
            rule: "few-sub-windows",
            value: parts.to_string(),
            problem: "costs throughput".to_owned(),
            why: format!("in the long run, {parts}/{most} of the capacity can be used"),
            help: "leave it out for 30 sub-windows, which give 30/31, or set at least 4",
        };
        self.warn(Some(listed), "sub_windows", &[Key("sub_windows")], words);
    }

    fn shadow(&mut self, listed: &Listed) {
        if listed.1.enforcement == Enforcement::Shadow {
            let words = Words {
                rule: "shadow",
                value: "\"shadow\"".to_owned(),
                problem: "denies nothing".to_owned(),
                why: "a shadow only tells what it would have denied".to_owned(),
                help: "take enforcement out to enforce it, unless it is still being tried",
            };
            self.warn(Some(listed), "enforcement", &[Key("enforcement")], words);
        }
    }

    fn durable(&mut self, listed: &Listed) {
        if listed.1.durable {
            let words = Words {
                rule: "durable",
                value: "true".to_owned(),
                problem: "needs an engine with an origin".to_owned(),
                why: "any other refuses the tenant as a whole when it loads it".to_owned(),
                help: "see that the service builds its engine with one, such as SqlOrigin",
            };
            self.warn(Some(listed), "durable", &[Key("durable")], words);
        }
    }

    /// A dimension of one's own that reads like a built-in one counts nothing that anybody charges.
    fn dimension(&mut self, listed: &Listed) {
        if !matches!(listed.1.dimension, Dimension::Named(_)) {
            return;
        }
        let name = listed.1.dimension.to_string();
        let meant = ["requests", "tokens"]
            .into_iter()
            .find(|meant| strsim::damerau_levenshtein(&name, meant) <= 2);
        let Some(meant) = meant else { return };
        let words = Words {
            rule: "dimension",
            value: format!("\"{name}\""),
            problem: format!("is a dimension of your own, and reads like {meant}"),
            why: "a limit on it denies nothing, unless the service charges costs in it".to_owned(),
            help: "write requests or tokens, unless your own is meant",
        };
        self.warn(Some(listed), "dimension", &[Key("dimension")], words);
    }

    fn pointless(&mut self, at: usize, listed: &Listed) {
        let earlier = |other: usize| other < at;
        let others = self.limits.iter().enumerate();
        let by = others
            .filter(|(other, _)| *other != at)
            // Of two that make each other pointless, the first is kept.
            .find(|(other, (_, limit))| {
                makes_pointless(limit, &listed.1)
                    && (earlier(*other) || !makes_pointless(&listed.1, limit))
            })
            .map(|(_, (_, limit))| limit.name.clone());
        let Some(by) = by else { return };
        let words = Words {
            rule: "pointless-limit",
            value: listed.1.capacity.to_string(),
            problem: "is never reached".to_owned(),
            why: format!(
                "limit {} counts the same requests and always denies first",
                label(&by)
            ),
            help: "take one of the two out, or lower this one",
        };
        self.warn(Some(listed), "capacity", &[Key("capacity")], words);
    }
}
